@conformance @recovery
Feature: Any process may die at any moment
  A process is killed as by a power failure while a study runs, and started again. The study completes with the same
  numbers, and nothing happens twice. In both forms in which an environment runs.

  @SC-REC-001 @after:SC-TRI-003 @REQ-SATRE-2.2 @kind:recovery
  Scenario Outline: <what> <site> is killed when <moment>, <form>
    Given every environment runs as <form>
    And the study "<study>" asks the same as "hormone therapy and recurrence"
    And <site> is to be held when <moment>
    When the researcher at molgenis opens the study "<study>" in the project "hormone therapy", to be answered within 300 seconds by
      | site            | dataset   |
      | molgenis        | rotterdam |
      | denbi           | gbsg      |
      | sensitive-cloud | lung      |
    And the study "<study>" runs, and <what> <site> is killed when <moment> and started again
    Then the study "<study>" completes as "Completed" with the manifest
      | site            | outcome  | reason           |
      | molgenis        | returned |                  |
      | denbi           | returned |                  |
      | sensitive-cloud | refused  | variable-unknown |
    And the researcher at molgenis fetches the result of the study "<study>"
    And the result of the study "<study>" has the same numbers as that of "hormone therapy and recurrence"
    And nothing of the study "<study>" happened twice

    Examples: one process for each environment
      | form        | what         | site     | moment                    | study                         |
      | one process | the whole of | molgenis | the results are combined  | the host dies                 |
      | one process | the whole of | denbi    | its decision is made      | a data site dies, deciding    |
      | one process | the whole of | denbi    | its result is about to go | a data site dies, sending     |

    Examples: one process for each service
      | form                    | what             | site     | moment                    | study                      |
      | one process per service | the workspace of | denbi    | its job runs              | the workspace dies         |
      | one process per service | the identity of  | denbi    | its job runs              | the identity service dies  |
      | one process per service | the approval of  | denbi    | its job runs              | the approval service dies  |
      | one process per service | the catalog of   | denbi    | its job runs              | the catalog dies           |
      | one process per service | the broker of    | denbi    | its job runs              | the site's broker dies     |
      | one process per service | the airlock of   | denbi    | its decision is made      | the airlock dies           |
      | one process per service | the gateway of   | denbi    | its result is about to go | the gateway dies           |
      | one process per service | the gateway of   | molgenis | the results are combined  | the host's gateway dies    |
      | one process per service | the whole of     | molgenis | the results are combined  | all of the host dies       |
      | one process per service | the whole of     | denbi    | its result is about to go | all of a data site dies    |

  @SC-REC-002 @after:SC-TRI-003 @REQ-SATRE-2.2 @kind:recovery
  Scenario Outline: A site that is to refuse dies with the question in its inbox, <form>
    Given every environment runs as <form>
    And the study "<study>" asks the same as "hormone therapy and recurrence"
    And sensitive-cloud falls silent
    When the researcher at molgenis opens the study "<study>" in the project "hormone therapy", to be answered within 300 seconds by
      | site            | dataset   |
      | molgenis        | rotterdam |
      | denbi           | gbsg      |
      | sensitive-cloud | lung      |
    And the whole of sensitive-cloud is killed while the question of the study "<study>" lies in its inbox, and started again
    And the reviewers of all sites approve what they are asked for the study "<study>"
    Then the study "<study>" completes as "Completed" with the manifest
      | site            | outcome  | reason           |
      | molgenis        | returned |                  |
      | denbi           | returned |                  |
      | sensitive-cloud | refused  | variable-unknown |
    And the researcher at molgenis fetches the result of the study "<study>"
    And the result of the study "<study>" has the same numbers as that of "hormone therapy and recurrence"
    And nothing of the study "<study>" happened twice

    Examples:
      | form                    | study                             |
      | one process per service | all of the refusing site dies     |
      | one process             | the refusing site dies            |

  @SC-REC-003 @after:SC-TRI-003 @REQ-SATRE-2.2 @kind:recovery
  Scenario: The federation's broker dies
    Given the study "the federation's broker dies" asks the same as "hormone therapy and recurrence"
    And denbi is to be held when its job runs
    When the researcher at molgenis opens the study "the federation's broker dies" in the project "hormone therapy", to be answered within 300 seconds by
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    And denbi has come so far that its job runs
    And the federation's broker is killed and started again
    And denbi goes on
    And the reviewers of all sites approve what they are asked for the study "the federation's broker dies"
    Then the study "the federation's broker dies" completes as "Completed" with the manifest
      | site     | outcome  | reason |
      | molgenis | returned |        |
      | denbi    | returned |        |
    And the researcher at molgenis fetches the result of the study "the federation's broker dies"
    And the result of the study "the federation's broker dies" has the same numbers as that of "hormone therapy and recurrence"
    And nothing of the study "the federation's broker dies" happened twice
