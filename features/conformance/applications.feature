@conformance @clinical-trials
Feature: Until there is a decision, applicants and data holders of different countries can speak to each other
  An application is decided by every data holder by its own chain. A body may ask the applicant, whose home is another site,
  and decides nothing until it is answered; and an applicant may take an application back, wherever nobody has decided.

  @SC-APP-001 @after:SC-TRI-001 @REQ-SATRE-1.1 @REQ-EHDS-68 @layer:organisational @safe:projects @kind:negative
  Scenario: A steering group asks an applicant abroad, and decides nothing until it is answered
    Given the researcher at molgenis applies for the project "a question first" to compute count of menopause in
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    When the steering member at denbi asks the applicant of the project "a question first" for the steering-group: "Which groups does the count distinguish?"
    Then the question of denbi on the project "a question first" is before the researcher at molgenis
    When the steering member at denbi tries to decide on the project "a question first" for the steering-group
    Then it is refused as "transition"
    When the researcher at molgenis answers the question of denbi on the project "a question first": "Before and after menopause, no others."
    Then the answer on the project "a question first" is before the steering-group of denbi
    And the steering member at denbi decides positively on the project "a question first" for the steering-group, and is heard
    And the attempt left an audit entry and no effect

  @SC-APP-002 @after:SC-TRI-001 @REQ-SATRE-1.1 @REQ-SATRE-3.2 @safe:people @kind:negative
  Scenario: Nobody answers in the place of the applicant
    Given the researcher at molgenis applies for the project "asked in person" to compute count of menopause in
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    And the steering member at denbi asks the applicant of the project "asked in person" for the steering-group: "Who will work with the data?"
    When the first committee member at molgenis tries to answer the question of denbi on the project "asked in person"
    Then it is refused as "not-the-applicant"
    And the first committee member at molgenis decides positively on the project "asked in person" for the data-access-committee, and is heard
    And the attempt left an audit entry and no effect
    When the researcher at molgenis answers the question of denbi on the project "asked in person": "I alone."
    Then the answer on the project "asked in person" is before the steering-group of denbi

  @SC-APP-003 @after:SC-TRI-001 @REQ-SATRE-1.1 @REQ-EHDS-68 @layer:organisational @safe:projects @kind:negative
  Scenario: An applicant takes an application back, which one site has decided and the other has not
    Given the researcher at molgenis applies for the project "given up" to compute count of menopause in
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    And the first committee member at molgenis decides positively on the project "given up" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "given up" for the data-access-committee
    And molgenis grants a permit for the project "given up" and provisions a workspace
    When the researcher at molgenis withdraws the application for the project "given up", because of "no-funds"
    Then denbi ends the application for the project "given up" without a decision, and tells molgenis
    When the steering member at denbi tries to decide on the project "given up" for the steering-group
    Then it is refused as "transition"
    Given the researcher at molgenis applies for the project "not given up" to compute count of menopause in
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    Then the steering member at denbi decides positively on the project "not given up" for the steering-group, and is heard
    And the attempt left an audit entry and no effect

  @SC-APP-004 @after:SC-TRI-001 @REQ-SATRE-1.1 @REQ-SATRE-3.2 @safe:people @kind:negative
  Scenario: Nobody takes back what somebody else has applied for
    Given the researcher at molgenis applies for the project "somebody else's" to compute count of menopause in
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    When the first committee member at molgenis tries to withdraw the application for the project "somebody else's"
    Then it is refused as "not-the-applicant"
    And the first committee member at molgenis decides positively on the project "somebody else's" for the data-access-committee, and is heard
    And the attempt left an audit entry and no effect
