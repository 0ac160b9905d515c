@conformance @attacks
Feature: Forged decisions at a site's broker move nothing
  Some of the forty attacks of ATTACKS.md, from outside, against real processes. Somebody who can write to the broker of a
  data site writes a decision to release, spoiled in one way. It is refused for its own reason and has no effect, and the
  true decision that comes after it lets the true bytes cross.

  @SC-ATT-001 @after:SC-TRI-003 @REQ-SATRE-3.3 @REQ-SATRE-2.5.03 @layer:technical @safe:settings @kind:negative
  Scenario Outline: Attack <no>: a decision <how>
    Given the study "attack <no>" asks the same as "hormone therapy and recurrence"
    And the researcher at molgenis opens the study "attack <no>" in the project "hormone therapy", to be answered within 300 seconds by
      | site     | dataset |
      | denbi    | gbsg    |
    When an enemy at denbi writes a decision to release the output of the study "attack <no>" <how>
    Then it is refused as "<reason>"
    And the true reviewers at denbi approve the output of the study "attack <no>", and it reaches molgenis
    And the attempt left an audit entry and no effect

    Examples:
      | no | how                                            | reason              |
      | 12 | without a signature                            | unsigned            |
      | 13 | with a byte of its data changed                | signature           |
      | 14 | under a key that nobody registered             | unknown-key         |
      | 15 | under the key of the site's catalog            | key-source-mismatch |
      | 16 | as the catalog of the site                     | key-type-mismatch   |
      | 18 | with a signature in base64url                  | envelope-encoding   |
      | 20 | with an optional attribute that is empty       | empty-attribute     |
      | 25 | that is meant for another site                 | audience            |
      | 26 | that is past its time                          | expired             |
      | 30 | that was valid until yesterday                 | release-expired     |
      | 38 | for a host that did not ask                    | decision-mismatch   |
