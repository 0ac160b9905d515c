@conformance @clinical-trials
Feature: What must be refused, with its own reason, and leave no effect
  Played beside the study, in the same environments. After each refusal something valid is asked of the same service,
  and taken: only that shows that the attempt was refused and not merely slow.

  @SC-REF-001 @after:SC-TRI-001 @REQ-SATRE-3.3 @safe:people @kind:negative
  Scenario: The author may not review her own output
    Given the researcher at molgenis applies for the project "tables" to compute count of hormone-therapy, menopause and progesterone in
      | site     | dataset   |
      | molgenis | rotterdam |
    And the first committee member at molgenis decides positively on the project "tables" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "tables" for the data-access-committee
    And molgenis grants a permit for the project "tables" and provisions a workspace
    And the officer at molgenis also gives the researcher there the role "output-checker"
    When the researcher at molgenis counts "rotterdam" by "hormone-therapy, menopause" in the project "tables" and asks to release the table
    And the researcher at molgenis tries to approve her own output
    Then it is refused as "separation-of-duties"
    And the checker at molgenis approves that table, which is published
    And the attempt left an audit entry and no effect

  @SC-REF-002 @after:SC-REF-001 @REQ-SATRE-3.3 @kind:negative
  Scenario: A table with a cell under the threshold is not released
    When the researcher at molgenis counts "rotterdam" by "progesterone" in the project "tables" and asks to release the table
    Then it is refused as "cell-under-threshold"
    And a table by "menopause" of the researcher at molgenis in the project "tables" passes the check there
    And the attempt left an audit entry and no effect

  @SC-REF-003 @after:SC-TRI-003 @REQ-SATRE-3.3 @layer:technical @safe:settings @kind:negative
  Scenario: A release decision with a forged signature moves nothing
    Given the study "a forged signature" asks the same as "hormone therapy and recurrence"
    And the researcher at molgenis opens the study "a forged signature" in the project "hormone therapy", to be answered within 300 seconds by
      | site     | dataset |
      | denbi    | gbsg    |
    When an enemy at denbi writes a decision to release the output of the study "a forged signature" under a signature that is not the airlock's
    Then it is refused as "signature"
    And the true reviewers at denbi approve the output of the study "a forged signature", and it reaches molgenis
    And the attempt left an audit entry and no effect

  @SC-REF-004 @after:SC-TRI-003 @REQ-SATRE-3.3 @layer:technical @safe:settings @kind:negative
  Scenario: A validly signed release decision on other bytes moves nothing
    Given the study "a wrong hash" asks the same as "hormone therapy and recurrence"
    And the researcher at molgenis opens the study "a wrong hash" in the project "hormone therapy", to be answered within 300 seconds by
      | site     | dataset |
      | denbi    | gbsg    |
    When an enemy at denbi with a key that the site believes writes a decision on other bytes than those of the study "a wrong hash"
    Then it is refused as "digest-mismatch"
    And the true reviewers at denbi approve the output of the study "a wrong hash", and it reaches molgenis
    And the attempt left an audit entry and no effect

  @SC-REF-005 @after:SC-TRI-003 @REQ-SATRE-1.1 @REQ-EHDS-68 @kind:negative
  Scenario: A permit is revoked while the job runs
    Given the researcher at molgenis applies for the project "to be revoked" to compute log-rank and kaplan-meier of recurrence-time, recurrence and hormone-therapy in
      | site     | dataset   |
      | molgenis | rotterdam |
    And the first committee member at molgenis decides positively on the project "to be revoked" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "to be revoked" for the data-access-committee
    And molgenis grants a permit for the project "to be revoked" and provisions a workspace
    And the study "revoked while it runs" asks the same as "hormone therapy and recurrence"
    And molgenis is to be held when its job runs
    When the researcher at molgenis opens the study "revoked while it runs" in the project "to be revoked", to be answered within 300 seconds by
      | site     | dataset   |
      | molgenis | rotterdam |
    And molgenis has come so far that its job runs
    And the first committee member at molgenis revokes the permit of the project "to be revoked"
    Then the job of molgenis is stopped and the access of the researcher at molgenis ends
    When molgenis goes on
    And the researcher at molgenis tries to open the study "revoked while it runs" once more
    Then it is refused as "permit-revoked"
    And the study "revoked while it runs" completes as "Failed" with the manifest
      | site     | outcome | reason         |
      | molgenis | refused | permit-revoked |
    Given the study "under a permit that stands" asks the same as "hormone therapy and recurrence"
    When the researcher at molgenis opens the study "under a permit that stands" in the project "hormone therapy", to be answered within 300 seconds by
      | site     | dataset   |
      | molgenis | rotterdam |
    Then molgenis still takes a job of the study "under a permit that stands"
    And nothing of the study "revoked while it runs" was released by molgenis
    And the attempt left an audit entry and no effect

  @SC-REF-006 @after:SC-TRI-003 @REQ-EHDS-73 @layer:organisational @safe:outputs @kind:negative
  Scenario: A site falls silent, and silence is not an answer
    Given the study "with a silent site" asks the same as "hormone therapy and recurrence"
    And denbi falls silent
    When the researcher at molgenis opens the study "with a silent site" in the project "hormone therapy", to be answered within twice the time that "hormone therapy and recurrence" took, by
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    And the reviewers at molgenis approve what they are asked for the study "with a silent site"
    Then the study "with a silent site" completes as "PartialResult" with the manifest
      | site     | outcome   | reason    |
      | molgenis | returned  |           |
      | denbi    | timed-out | no-answer |
    And the researcher at molgenis fetches the result of the study "with a silent site"
    And the silence of denbi changed the chi-square of the study "with a silent site" from 0.5631462169239 to 9.484367566511
    And denbi answers again

  @SC-REF-007 @after:SC-TRI-001 @REQ-SATRE-3.2 @kind:negative
  Scenario Outline: Somebody without <lack> may not act
    Given these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site     | person   | roles   | without |
      | molgenis | <person> | <roles> | <lack>  |
    When the <person> at molgenis tries to ask how many people "rotterdam" holds
    Then it is refused as "<reason>"
    And the researcher at molgenis asks the same and is answered
    And the attempt left an audit entry and no effect

    Examples:
      | lack          | person              | roles      | reason            |
      | training      | untrained colleague | researcher | training-missing  |
      | agreement     | unsigned colleague  | researcher | agreement-missing |
      | a role        | visitor             |            | role-missing      |

  @SC-REF-008 @after:SC-TRI-002 @REQ-SATRE-3.2 @kind:negative
  Scenario: Nobody decides for a body of which they are no member
    Given the researcher at molgenis applies for the project "undecided" to compute count of menopause in
      | site     | dataset   |
      | molgenis | rotterdam |
    When the researcher at molgenis tries to decide on the project "undecided" for the data-access-committee
    Then it is refused as "role-missing"
    And the first committee member at molgenis decides positively on the project "undecided" for the data-access-committee, and is heard
    And the attempt left an audit entry and no effect

  @SC-REF-009 @after:SC-TRI-001 @REQ-SATRE-3.2 @kind:negative
  Scenario: A session without the second factor may not act
    Given these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site     | person            | roles      | without                  |
      | molgenis | careless colleague | researcher | second factor, agreement |
    When the careless colleague at molgenis tries to ask how many people "rotterdam" holds
    Then it is refused as "assurance-too-low"
    And the researcher at molgenis asks the same and is answered
    And the attempt left an audit entry and no effect

  @SC-REF-010 @after:SC-TRI-001 @REQ-SATRE-3.2 @kind:negative
  Scenario: Nobody signs in from outside the network that the site's policy names
    When the researcher at sensitive-cloud tries to sign in from the address 127.0.9.7
    Then it is refused as "address-not-allowed"
    And the researcher at sensitive-cloud signs in from the address 127.0.8.7 and is let in
    And the attempt left an audit entry and no effect

  @SC-REF-011 @after:SC-TRI-001 @REQ-EHDS-77 @safe:outputs @kind:negative
  Scenario: A dictionary names a column that the data do not have
    When the data manager at molgenis describes the dataset "rotterdam" anew, with "hormone-therapy" in the column "hormones"
    Then the workspace of molgenis is not ready and tells of "hormones"
    And the researcher at molgenis asks how many people "rotterdam" holds with "hormone-therapy = treated", and is not answered because of "data-unreadable"
    And the researcher at molgenis asks how many people "rotterdam" holds with "menopause = after", and is told 1670
    When the data manager at molgenis describes the dataset "rotterdam" anew, with "hormone-therapy" in the column "hormon"
    Then the workspace of molgenis is ready
    And the researcher at molgenis asks how many people "rotterdam" holds with "hormone-therapy = treated", and is told 335
