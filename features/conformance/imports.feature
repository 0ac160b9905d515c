@imports
Feature: Nothing comes into a workspace but what its site lets in
  A project may bring in what the policy of a site allows, in a form that is known, by the word of another person than the one
  who asks, and for this project alone. All else stays outside, and its bytes are nowhere.

  @SC-IMP-001 @REQ-SATRE-3.1 @safe:data @kind:negative
  Scenario: A site whose policy says nothing of imports lets nothing in
    Given the environments
      | site       | profile    | name                      | country | dataset  | file             | holds                     |
      | azuretre   | azuretre   | AzureTRE-like reference   | GB | codes-trial | rotterdam.csv.gz | a trial of 2,982 patients |
      | opensafely | opensafely | OpenSAFELY-like reference | GB | codes-trial | rotterdam.csv.gz | a trial of 2,982 patients |
    And azuretre has a researcher, a data manager and everybody whom its policy asks for
    And opensafely has a researcher, a data manager and everybody whom its policy asks for
    And the trial "codes-trial" is described at azuretre
    And the trial "codes-trial" is described at opensafely
    And the researcher at azuretre is permitted the project "codes" to compute count of menopause in "codes-trial"
    And the researcher at opensafely is permitted the project "no codes" to compute count of menopause in "codes-trial"
    When the researcher at opensafely tries to bring the lookup table "stages" in, for the project "no codes"
      """
      menopause,stage
      before,fertile
      after,past
      """
    Then it is refused as "imports-not-allowed"
    And a table by "menopause" of the researcher at opensafely in the project "no codes" passes the check there
    And the attempt left an audit entry and no effect

  @SC-IMP-002 @after:SC-IMP-001 @REQ-SATRE-3.1 @safe:data @kind:negative
  Scenario Outline: What is in no known form is rejected before anybody looks, such as <what>
    When the researcher at azuretre tries to bring the lookup table "<what>" in, for the project "codes"
      """
      <header>
      before,<cell>
      """
    Then it is refused as "<reason>"
    And the researcher at azuretre brings the lookup table "<what>, mended" to the door, for the project "codes"
      """
      menopause,stage
      before,<mended>
      """
    And the attempt left an audit entry and no effect

    Examples:
      | what                    | header           | cell           | reason             | mended |
      | a formula               | menopause,stage  | =1+1           | formula-in-cell    | one    |
      | a column of identifiers | patient_id,stage | fertile        | identifier-refused | two    |
      | free text               | menopause,stage  | she told me so | import-malformed   | three  |

  @SC-IMP-003 @after:SC-IMP-001 @REQ-SATRE-3.1 @safe:people @kind:negative
  Scenario: Who asks does not decide, and the same bytes are asked for once
    When the officer at azuretre also gives the researcher there the role "output-checker"
    And the researcher at azuretre brings the lookup table "stages" to the door, for the project "codes"
      """
      menopause,stage
      before,fertile
      after,past
      """
    And the researcher at azuretre tries to approve the lookup table "stages"
    Then it is refused as "separation-of-duties"
    And the first output-checker at azuretre approves the lookup table "stages", and the workspace takes it in
    And the attempt left an audit entry and no effect
    When the researcher at azuretre tries to bring the lookup table "the same stages" in, for the project "codes"
      """
      menopause,stage
      before,fertile
      after,past
      """
    Then it is refused as "already-requested"
    And the researcher at azuretre brings the lookup table "other stages" to the door, for the project "codes"
      """
      menopause,stage
      before,young
      after,old
      """
    And the attempt left an audit entry and no effect
    Given the researcher at azuretre is permitted the project "other codes" to compute count of menopause in "codes-trial"
    And the study "by stage" computes
      | kind  | by    |
      | count | stage |
    And the study "by stage" first prepares
      | step   | concept   | lookup | as    |
      | recode | menopause | stages | stage |
    When the researcher at azuretre tries to run what the study "by stage" asks of "codes-trial" in the project "other codes"
    Then it is refused as "import-missing"
    And the researcher at azuretre runs what the study "by stage" asks of "codes-trial" in the project "codes"
    And the attempt left an audit entry and no effect

  @SC-IMP-004 @after:SC-IMP-001 @REQ-SATRE-3.1 @safe:data @kind:negative
  Scenario: What was withdrawn is not let in any more
    When the researcher at azuretre brings the lookup table "a mistake" to the door, for the project "codes"
      """
      menopause,stage
      before,mistaken
      """
    And the researcher at azuretre withdraws the lookup table "a mistake"
    And the first output-checker at azuretre tries to approve the lookup table "a mistake"
    Then it is refused as "transition"
    And the researcher at azuretre brings the lookup table "mended" to the door, for the project "codes"
      """
      menopause,stage
      before,corrected
      """
    And the attempt left an audit entry and no effect
