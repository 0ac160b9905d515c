@certification @role:airlock
Feature: An airlock that shares no code with the judge
  One site, whose airlock is the one under judgement and whose other services are built in. It is judged by the contracts
  and by what it says on Kafka alone. What "Given" says is the ground and the control case: if it does not hold, the
  scenario is inconclusive. What comes after is judged.

  @SC-AIR-001 @REQ-SATRE-3.1.05 @REQ-ENTRUST-R013 @kind:positive
  Scenario: An output is asked for, checked, reviewed, approved and published
    Given a site whose airlock is judged, with its people and a project
    And a table of the researcher is sealed
    When the researcher asks to release it
    Then the airlock says that its release is requested
    And the airlock says that its check found nothing against it, at the site's threshold
    When the first checker approves it
    Then the airlock counts the approval
    And the airlock has approved nothing of it
    When the second checker approves it
    Then the airlock counts the approval
    And the airlock approves exactly these bytes, by the two checkers and under the site's rules, and publishes them to the researcher

  @SC-AIR-002 @after:SC-AIR-001 @REQ-SATRE-3.3.05 @kind:positive
  Scenario: A checker rejects an output, and it stays
    Given a table of the researcher is in review
    When the first checker rejects it
    Then the airlock rejects it as "rejected-by-reviewer"

  @SC-AIR-003 @after:SC-AIR-001 @REQ-SATRE-3.3.04 @REQ-SATRE-3.3.06 @kind:negative
  Scenario: A table with a cell under the threshold is rejected by the check
    Given a table of the researcher with a cell under the threshold is sealed
    When the researcher asks to release it
    Then the airlock says that its release is requested
    And the airlock says that its check failed, and rejects it as "cell-under-threshold"
    And the airlock goes on: another table is requested, reviewed, approved and published

  @SC-AIR-004 @after:SC-AIR-001 @REQ-SATRE-3.3.05 @REQ-SATRE-3.2.03 @kind:negative
  Scenario: Nobody reviews who is no output checker
    Given a table of the researcher is in review
    When the colleague approves it
    Then the airlock refuses the act as "role-missing"
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-005 @after:SC-AIR-001 @REQ-SATRE-3.1.06 @kind:negative
  Scenario: Nobody reviews her own output
    Given a table of the researcher is in review
    When the researcher approves it
    Then the airlock refuses the act as "separation-of-duties"
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-006 @after:SC-AIR-001 @REQ-SATRE-3.3.09 @kind:negative
  Scenario: A review of other bytes is none
    Given a table of the researcher is in review
    When the first checker approves it with another digest
    Then the airlock refuses the act as "digest-mismatch"
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-007 @after:SC-AIR-001 @REQ-SATRE-3.1.06 @REQ-SATRE-3.3.05 @kind:negative
  Scenario: One person is not two reviewers
    Given a table of the researcher is in review and approved by the first checker
    When the first checker approves it
    Then the airlock refuses the act as "already-reviewed"
    And the second checker approves it, and it is approved by the two checkers and published

  @SC-AIR-008 @after:SC-AIR-001 @REQ-SATRE-3.1.05 @kind:negative
  Scenario: A release that nobody asked for cannot be reviewed
    Given a table of the researcher is in review
    When the first checker approves a release that nobody asked for
    Then the airlock refuses the act as "release-unknown"
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-009 @after:SC-AIR-001 @REQ-SATRE-3.1.05 @kind:negative
  Scenario: A review after the decision changes nothing
    Given a table of the researcher is in review
    When the first checker rejects it
    Then the airlock rejects it as "rejected-by-reviewer"
    When the second checker approves it
    Then the airlock refuses the act as "transition"
    And the airlock has approved nothing of it

  @SC-AIR-010 @after:SC-AIR-001 @REQ-SATRE-3.1.05 @kind:negative
  Scenario: An output that nobody sealed cannot be asked for
    Given a table of the researcher is sealed
    When the researcher asks to release an output that nobody sealed
    Then the airlock refuses the act as "output-unknown"
    And the airlock goes on: another table is requested, reviewed, approved and published

  @SC-AIR-011 @after:SC-AIR-001 @REQ-SATRE-3.2.03 @kind:negative
  Scenario: Nobody asks for somebody else's output
    Given a table of the researcher is sealed
    When the colleague asks to release it
    Then the airlock refuses the act as "not-the-author"
    And the airlock goes on: another table is requested, reviewed, approved and published

  @SC-AIR-012 @after:SC-AIR-001 @REQ-SATRE-3.3.09 @kind:negative
  Scenario: An output is asked for with the digest that was sealed
    Given a table of the researcher is sealed
    When the researcher asks to release it with another digest
    Then the airlock refuses the act as "digest-mismatch"
    And the airlock goes on: another table is requested, reviewed, approved and published

  @SC-AIR-013 @after:SC-AIR-001 @REQ-SATRE-3.1.05 @kind:negative
  Scenario: An output in review is not asked for again
    Given a table of the researcher is in review
    When the researcher asks to release it under another id
    Then the airlock refuses the act as "already-requested"
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-014 @after:SC-AIR-001 @REQ-SATRE-3.1.05 @kind:negative
  Scenario: A release is not asked for twice under one id
    Given a table of the researcher is in review
    When the researcher asks to release it again under the same id
    Then the airlock refuses the act as "already-requested"
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-015 @after:SC-AIR-001 @REQ-SATRE-1.5.04 @REQ-SATRE-3.1.12 @kind:negative
  Scenario: What is in review is rejected when its permit ends
    Given two tables under a permit of their own are sealed, and the release of one is in review
    When the committee member revokes the permit of that table
    Then the airlock goes on: another table is requested, reviewed, approved and published
    And the airlock rejects it as "permit-ended"
    And the airlock has approved nothing of it

  @SC-AIR-016 @after:SC-AIR-015 @REQ-SATRE-1.5.04 @kind:negative
  Scenario: Nothing is asked for under a permit that has ended
    Given a table of the researcher is in review
    When the researcher asks to release the other table
    Then the airlock refuses the act as "permit-ended"
    And the airlock goes on: another table is requested, reviewed, approved and published

  @SC-AIR-017 @after:SC-AIR-001 @REQ-SATRE-3.1.12 @kind:recovery
  Scenario: A record that is delivered twice takes effect once
    Given a table of the researcher is approved and published
    When the records of the request and of both approvals are delivered once more
    Then the airlock goes on: another table is requested, reviewed, approved and published
    And each step of its release was said once

  @SC-AIR-018 @after:SC-AIR-001 @REQ-SATRE-3.1.05 @kind:recovery
  Scenario: An act that comes before the fact it rests on waits for it
    Given a table of the researcher is sealed
    When the researcher asks to release a table, and the workspace tells only then that it is sealed
    Then the airlock says that its release is requested
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-019 @after:SC-AIR-001 @REQ-SATRE-2.5.03 @REQ-ENTRUST-R053 @kind:negative
  Scenario: A forged signature moves nothing
    Given a table of the researcher is in review and approved by the first checker
    When an enemy writes the second checker's approval with a signature that is not the portal's
    Then the airlock puts the record away as "signature"
    And the airlock has approved nothing of it
    And the second checker approves it, and it is approved by the two checkers and published

  @SC-AIR-020 @after:SC-AIR-001 @REQ-SATRE-2.5.03 @kind:negative
  Scenario: Nobody speaks in another's name with a key of its own
    Given a table of the researcher is in review and approved by the first checker
    When the workspace writes the second checker's approval in the portal's name
    Then the airlock puts the record away as "key-source-mismatch"
    And the airlock has approved nothing of it
    And the second checker approves it, and it is approved by the two checkers and published

  @SC-AIR-021 @after:SC-AIR-001 @REQ-SATRE-2.5.03 @kind:negative
  Scenario: A record under another key than the one it was signed for moves nothing
    Given a table of the researcher is in review and approved by the first checker
    When the portal's record of the second checker's approval is written under another key than its own
    Then the airlock puts the record away as "signature or envelope"
    And the airlock has approved nothing of it
    And the second checker approves it, and it is approved by the two checkers and published

  @SC-AIR-022 @after:SC-AIR-001 @REQ-SATRE-3.2.04 @kind:negative
  Scenario: An act under a session that identity has not attested is refused
    Given a table of the researcher is in review and approved by the first checker
    When the second checker's approval is written under a session that identity has not attested
    Then the airlock refuses the act as "session-unknown"
    And the airlock has approved nothing of it
    And the airlock goes on: another table is requested, reviewed, approved and published

  @SC-AIR-023 @after:SC-AIR-001 @REQ-SATRE-2.2.04 @kind:negative
  Scenario: A major that is not known is put away, and the service goes on
    Given a table of the researcher is in review
    When the workspace tells of an output in a major that is not known yet
    Then the airlock puts the record away as "unsupported-version"
    And both checkers approve it, and it is approved by the two checkers and published

  @SC-AIR-024 @after:SC-AIR-001 @REQ-SATRE-2.2.04 @kind:positive
  Scenario: What a newer minor adds is passed over
    Given a table of the researcher is in review and approved by the first checker
    When the second checker's approval is written in a newer minor, with a member that is not known yet
    Then the airlock counts the approval
    And the airlock approves exactly these bytes, by the two checkers and under the site's rules, and publishes them to the researcher

  @SC-AIR-025 @after:SC-AIR-001 @REQ-SATRE-2.2.07 @REQ-SATRE-3.1.05 @kind:recovery
  Scenario: It is killed while an output is in review, and knows of it when it is back
    Given a table of the researcher is in review and approved by the first checker
    When the airlock is killed and started again
    Then the second checker approves it, and it is approved by the two checkers and published
    And each step of its release was said once

  @SC-AIR-026 @after:SC-AIR-001 @REQ-SATRE-1.1.02 @kind:negative
  Scenario: Its events name nobody
    Given a table of the researcher is approved and published
    Then nothing that the airlock said names a person or holds a secret

  @SC-AIR-028 @after:SC-AIR-001 @REQ-SATRE-1.4.04 @REQ-SATRE-3.1.05 @kind:negative
  Scenario: What is in review is rejected when its workspace is closed
    Given a table under a permit of its own is in review
    When the researcher closes the workspace of that table
    Then the airlock goes on: another table is requested, reviewed, approved and published
    And the airlock rejects it as "permit-ended"
    And the airlock has approved nothing of it

  @SC-AIR-027 @after:SC-AIR-001 @REQ-SATRE-2.5.03 @REQ-ENTRUST-R053 @REQ-TEHDAS2-OPR-16 @kind:positive
  Scenario: All that it says keeps to the contracts
    Given a table of the researcher is approved and published
    Then all that the airlock said is signed, counted, caused and valid by its contract
