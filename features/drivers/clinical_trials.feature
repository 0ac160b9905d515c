@driver @clinical-trials
Feature: Clinical-trial questions over three environments
  Three trusted research environments each hold the records of one cohort of patients. Two researchers want to know
  what no environment can answer for all. No record leaves the environment that holds it: the question
  travels, each environment decides by its own rules whether and what it answers, and only numbers that its own
  reviewers have approved cross its border.

  @SC-TRI-001 @REQ-SATRE-3.2 @REQ-SATRE-1.4 @layer:semantic @safe:people @safe:data @kind:positive
  Scenario: The environments open, and people join them
    Given the environments
      | site            | name            | country | dataset   | file             | holds                                          | sign-in                                                  | analyses                  |
      | molgenis        | Molgenis        | NL      | rotterdam | rotterdam.csv.gz | Rotterdam tumour bank, 2,982 patients          | second factor within 8 h                                 | aggregate functions only  |
      | denbi           | de.NBI cloud    | DE      | gbsg      | gbsg.csv.gz      | German Breast Cancer Study Group, 686 patients | second factor within 12 h                                | catalogued workflows only |
      | sensitive-cloud | Sensitive Cloud | CZ      | lung      | lung.csv.gz      | advanced lung cancer, 228 patients             | second factor within 1 h, from the institution's network | typed and native          |
    And the people of sensitive-cloud sign in from the address 127.0.8.7
    And every environment publishes its policy
    When the first identity officer of each environment enrols with its one-time code
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site            | person                  | roles                 |
      | molgenis        | data manager            | data-manager          |
      | molgenis        | researcher              | researcher            |
      | molgenis        | first committee member  | data-access-committee |
      | molgenis        | second committee member | data-access-committee |
      | molgenis        | checker                 | output-checker        |
      | denbi           | data manager            | data-manager          |
      | denbi           | steering member         | steering-group        |
      | denbi           | data holder             | data-holder           |
      | denbi           | first checker           | output-checker        |
      | denbi           | second checker          | output-checker        |
      | sensitive-cloud | data manager            | data-manager          |
      | sensitive-cloud | researcher              | researcher            |
      | sensitive-cloud | security officer        | security-office       |
      | sensitive-cloud | data holder             | data-holder           |
      | sensitive-cloud | first checker           | output-checker        |
      | sensitive-cloud | second checker          | output-checker        |
    Then the data manager at molgenis publishes the dataset "rotterdam" of "erasmus-mc", titled "Rotterdam tumour bank", for use as "GRU, NPU", with the dictionary
      | concept         | column | type     | unit | event value | levels                     |
      | recurrence-time | rtime  | number   | day  |             |                            |
      | recurrence      | recur  | event    |      | 1           |                            |
      | hormone-therapy | hormon | category |      |             | 0 = untreated, 1 = treated |
      | menopause       | meno   | category |      |             | 0 = before, 1 = after      |
      | chemotherapy    | chemo  | category |      |             | 0 = no, 1 = yes            |
      | grade           | grade  | category |      |             | 2 = moderate, 3 = poor     |
      | progesterone    | pgr    | category |      |             |                            |
      | nodes           | nodes  | integer  |      |             |                            |
      | age             | age    | integer  | year |             |                            |
      | death-time      | dtime  | number   | day  |             |                            |
      | death           | death  | event    |      | 1           |                            |
    And the data manager at denbi publishes the dataset "gbsg" of "gbsg", titled "German Breast Cancer Study Group", with the dictionary
      | concept         | column  | type     | unit | event value | levels                     |
      | recurrence-time | rfstime | number   | day  |             |                            |
      | recurrence      | status  | event    |      | 1           |                            |
      | hormone-therapy | hormon  | category |      |             | 0 = untreated, 1 = treated |
      | nodes           | nodes   | integer  |      |             |                            |
      | age             | age     | integer  | year |             |                            |
    And the data manager at sensitive-cloud publishes the dataset "lung" of "ncctg", titled "Advanced lung cancer", with the dictionary
      | concept       | column | type     | unit | event value | levels               |
      | survival-time | time   | number   | day  |             |                      |
      | death         | status | event    |      | 2           |                      |
      | sex           | sex    | category |      |             | 1 = male, 2 = female |
      | institution   | inst   | category |      |             |                      |
      | age           | age    | integer  | year |             |                      |

  @SC-TRI-005 @after:SC-TRI-001 @REQ-EHDS-77 @kind:positive
  Scenario: A researcher finds out whether the data would do, and learns of no small group
    When the researcher at molgenis asks how many people "rotterdam" holds with "hormone-therapy = treated", and is told 335
    And the researcher at molgenis asks how many people "rotterdam" holds with "hormone-therapy = treated, chemotherapy = yes, menopause = after, grade = moderate", and is told that they are too few to tell

  @SC-TRI-002 @after:SC-TRI-001 @REQ-SATRE-1.1 @REQ-EHDS-68 @kind:positive
  Scenario: Each data holder decides on the breast-cancer project by its own chain
    When the researcher at molgenis applies for the project "hormone therapy" to compute log-rank, kaplan-meier and cox of recurrence-time, recurrence, hormone-therapy, age and nodes in
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    And the first committee member at molgenis decides positively on the project "hormone therapy" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "hormone therapy" for the data-access-committee
    Then molgenis grants a permit for the project "hormone therapy" and provisions a workspace
    When the steering member at denbi decides positively on the project "hormone therapy" for the steering-group
    And the data holder at denbi decides positively on the project "hormone therapy" for the data-holder
    Then denbi grants a permit for the project "hormone therapy" and provisions a workspace

  @SC-TRI-003 @after:SC-TRI-002 @REQ-SATRE-3.3 @REQ-EHDS-73 @layer:semantic @kind:positive
  Scenario: Does hormone therapy change the time to recurrence of breast cancer?
    Given the study "hormone therapy and recurrence" asks: Does hormone therapy change the time to recurrence of breast cancer?
    And the study "hormone therapy and recurrence" computes
      | kind         | time            | event      | arm             |
      | log-rank     | recurrence-time | recurrence | hormone-therapy |
      | kaplan-meier | recurrence-time | recurrence | hormone-therapy |
    When the researcher at molgenis opens the study "hormone therapy and recurrence" in the project "hormone therapy", to be answered within 300 seconds by
      | site            | dataset   |
      | molgenis        | rotterdam |
      | denbi           | gbsg      |
      | sensitive-cloud | lung      |
    Then sensitive-cloud refuses its part of the study "hormone therapy and recurrence" as "variable-unknown"
    And molgenis seals its output of the study "hormone therapy and recurrence" and checks it for disclosure
    And denbi seals its output of the study "hormone therapy and recurrence" and checks it for disclosure
    When the checker at molgenis approves the output of the study "hormone therapy and recurrence"
    And the first checker at denbi approves the output of the study "hormone therapy and recurrence"
    And the second checker at denbi approves the output of the study "hormone therapy and recurrence"
    Then the result of denbi for the study "hormone therapy and recurrence" crosses the border to molgenis
    When the checker at molgenis approves the combined result of the study "hormone therapy and recurrence"
    Then the study "hormone therapy and recurrence" completes as "Completed" with the manifest
      | site            | outcome  | reason           |
      | molgenis        | returned |                  |
      | denbi           | returned |                  |
      | sensitive-cloud | refused  | variable-unknown |
    And the researcher at molgenis fetches the result of the study "hormone therapy and recurrence"
    And nobody else may fetch the result of the study "hormone therapy and recurrence"
    And it holds these known answers of the study "hormone therapy and recurrence", to 1e-9 relative
      | quantity                | of        | answer          |
      | observed minus expected | molgenis  | 35.34012319651  |
      | variance                | molgenis  | 131.6824025204  |
      | chi-square              | molgenis  | 9.484367566511  |
      | observed minus expected | denbi     | -24.65691704167 |
      | variance                | denbi     | 70.98413473521  |
      | chi-square              | denbi     | 8.564780853539  |
      | chi-square              | all sites | 0.5631462169239 |
    And the cohorts of the study "hormone therapy and recurrence" disagree, which the report says
    And the curves of the study "hormone therapy and recurrence" show no step of fewer than 5 events and no fewer than 5 people at risk at molgenis
    And the curves of the study "hormone therapy and recurrence" show no step of fewer than 10 events and no fewer than 10 people at risk at denbi

  @SC-TRI-004 @after:SC-TRI-001 @REQ-SATRE-3.3 @layer:legal @safe:projects @kind:positive
  Scenario: Does survival with lung cancer differ by sex?
    Given the study "sex and survival" asks: Does survival with advanced lung cancer differ by sex, within each of 18 institutions?
    And the study "sex and survival" computes
      | kind         | time          | event | arm | stratum     |
      | log-rank     | survival-time | death | sex | institution |
      | kaplan-meier | survival-time | death | sex |             |
    When the researcher at sensitive-cloud applies for the project "lung cancer" to compute log-rank and kaplan-meier of survival-time, death, sex and institution in
      | site            | dataset |
      | sensitive-cloud | lung    |
    And the security officer at sensitive-cloud decides positively on the project "lung cancer" for the security-office
    And the data holder at sensitive-cloud decides positively on the project "lung cancer" for the data-holder
    Then sensitive-cloud grants a permit for the project "lung cancer" and provisions a workspace
    When the researcher at sensitive-cloud opens the study "sex and survival" in the project "lung cancer", to be answered within 300 seconds by
      | site            | dataset |
      | sensitive-cloud | lung    |
    Then sensitive-cloud seals its output of the study "sex and survival" and checks it for disclosure
    When the first checker at sensitive-cloud approves the output of the study "sex and survival"
    And the second checker at sensitive-cloud approves the output of the study "sex and survival"
    And the first checker at sensitive-cloud approves the combined result of the study "sex and survival"
    And the second checker at sensitive-cloud approves the combined result of the study "sex and survival"
    Then the study "sex and survival" completes as "Completed" with the manifest
      | site            | outcome  | reason |
      | sensitive-cloud | returned |        |
    And the researcher at sensitive-cloud fetches the result of the study "sex and survival"
    And it holds these known answers of the study "sex and survival", to 1e-9 relative
      | quantity   | of              | answer         |
      | chi-square | sensitive-cloud | 8.524467363323 |
      | chi-square | all sites       | 8.524467363323 |
    And the curves of the study "sex and survival" show no step of fewer than 10 events and no fewer than 10 people at risk at sensitive-cloud

  @SC-TRI-006 @after:SC-TRI-004 @REQ-SATRE-3.3 @layer:technical @kind:positive
  Scenario: The hazard by sex and age within institutions, fitted in rounds of which each is checked
    When the researcher at sensitive-cloud applies for the project "hazards" to compute cox of survival-time, death, sex, age and institution in
      | site            | dataset |
      | sensitive-cloud | lung    |
    And the security officer at sensitive-cloud decides positively on the project "hazards" for the security-office
    And the data holder at sensitive-cloud decides positively on the project "hazards" for the data-holder
    Then sensitive-cloud grants a permit for the project "hazards" and provisions a workspace
    Given the study "sex, age and survival" asks: How do the hazards of men and women with lung cancer compare at the same age?
    And the study "sex, age and survival" computes
      | kind | time          | event | covariates | stratum     |
      | cox  | survival-time | death | sex, age   | institution |
    When the researcher at sensitive-cloud opens the study "sex, age and survival" in the project "hazards", to be answered within 300 seconds by
      | site            | dataset |
      | sensitive-cloud | lung    |
    And the reviewers of all sites approve what they are asked for the study "sex, age and survival"
    Then the study "sex, age and survival" completes as "Completed" with the manifest
      | site            | outcome  | reason |
      | sensitive-cloud | returned |        |
    And the researcher at sensitive-cloud fetches the result of the study "sex, age and survival"
    And the result of the study "sex, age and survival" tells, to 1e-8 relative
      | quantity | of         | answer        |
      | estimate | sex=female | -0.4923515187 |
      | estimate | age        | 0.0192048983  |

  @SC-TRI-007 @after:SC-TRI-006 @REQ-SATRE-3.3 @kind:negative
  Scenario: The same without the institutions is of one person more, and would tell of that person
    Given the study "one person more" computes
      | kind | time          | event | covariates |
      | cox  | survival-time | death | sex, age   |
    When the researcher at sensitive-cloud opens the study "one person more" in the project "hazards", to be answered within 300 seconds by
      | site            | dataset |
      | sensitive-cloud | lung    |
    Then the study "one person more" completes as "Failed" with the manifest
      | site            | outcome | reason       |
      | sensitive-cloud | refused | not-released |

  @SC-TRI-011 @after:SC-TRI-003 @REQ-SATRE-1.1 @REQ-EHDS-68 @kind:positive
  Scenario: A study is asked under permits of which one will not last until the answer is reviewed
    Given the study "too late" asks the same as "hormone therapy and recurrence"
    When the researcher at molgenis applies for the project "a short permit" to compute log-rank and kaplan-meier of recurrence-time, recurrence and hormone-therapy in
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    And the first committee member at molgenis decides positively on the project "a short permit" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "a short permit" for the data-access-committee
    And the steering member at denbi decides positively on the project "a short permit" for the steering-group
    And the data holder at denbi decides positively on the project "a short permit" for the data-holder
    Then molgenis grants a permit for the project "a short permit" and provisions a workspace
    And denbi grants a permit for the project "a short permit" and provisions a workspace
    When the researcher at molgenis opens the study "too late" in the project "a short permit", to be answered within 300 seconds by
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |

  @SC-TRI-008 @after:SC-TRI-003 @REQ-SATRE-3.3 @kind:positive
  Scenario: The treated were older and had more nodes; beside people of the same age and number of nodes the sign turns
    Given the study "one risk set over the sites" asks: Does hormone therapy change the hazard of recurrence, of all people as of one cohort?
    And the study "one risk set over the sites" computes
      | kind | time            | event      | covariates      | combined |
      | cox  | recurrence-time | recurrence | hormone-therapy | pooled   |
    When the researcher at molgenis tries to open the study "one risk set over the sites" in the project "hormone therapy" at
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    Then it is refused as "cox-unstratified"
    Given the study "the same age and nodes" asks: Does hormone therapy change the hazard of recurrence within each site, and at the same age and number of nodes?
    And the study "the same age and nodes" computes
      | kind | time            | event      | covariates                  |
      | cox  | recurrence-time | recurrence | hormone-therapy             |
      | cox  | recurrence-time | recurrence | hormone-therapy, age, nodes |
    When the researcher at molgenis opens the study "the same age and nodes" in the project "hormone therapy", to be answered within 300 seconds by
      | site     | dataset   |
      | molgenis | rotterdam |
      | denbi    | gbsg      |
    Then molgenis still takes a job of the study "the same age and nodes"
    And the attempt left an audit entry and no effect
    When the reviewers of all sites approve what they are asked for the study "the same age and nodes"
    Then the study "the same age and nodes" completes as "Completed" with the manifest
      | site     | outcome  | reason |
      | molgenis | returned |        |
      | denbi    | returned |        |
    And the researcher at molgenis fetches the result of the study "the same age and nodes"
    And the result of the study "the same age and nodes" tells, to 1e-8 relative
      | result | quantity       | of                      | answer          |
      | 1      | estimate       | hormone-therapy=treated | 0.05189683869   |
      | 1      | standard error | hormone-therapy=treated | 0.06917433315   |
      | 2      | estimate       | hormone-therapy=treated | -0.08017789817  |
      | 2      | standard error | hormone-therapy=treated | 0.06961464954   |
      | 2      | estimate       | age                     | -0.004440387908 |
      | 2      | standard error | age                     | 0.001992252073  |
      | 2      | estimate       | nodes                   | 0.08064879263   |
      | 2      | standard error | nodes                   | 0.003341838038  |

  @SC-TRI-009 @after:SC-TRI-001 @REQ-SATRE-3.3 @kind:positive
  Scenario: Did the treated of Rotterdam die sooner?
    When the researcher at molgenis applies for the project "hormone therapy and death" to compute log-rank of death-time, death and hormone-therapy in
      | site     | dataset   |
      | molgenis | rotterdam |
    And the first committee member at molgenis decides positively on the project "hormone therapy and death" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "hormone therapy and death" for the data-access-committee
    Then molgenis grants a permit for the project "hormone therapy and death" and provisions a workspace
    Given the study "hormone therapy and death" asks: Does the time to death differ between those treated with hormones and the others?
    And the study "hormone therapy and death" computes
      | kind     | time       | event | arm             |
      | log-rank | death-time | death | hormone-therapy |
    When the researcher at molgenis opens the study "hormone therapy and death" in the project "hormone therapy and death", to be answered within 300 seconds by
      | site     | dataset   |
      | molgenis | rotterdam |
    And the reviewers of all sites approve what they are asked for the study "hormone therapy and death"
    Then the study "hormone therapy and death" completes as "Completed" with the manifest
      | site     | outcome  | reason |
      | molgenis | returned |        |
    And the researcher at molgenis fetches the result of the study "hormone therapy and death"
    And the result of the study "hormone therapy and death" tells, to 1e-8 relative
      | quantity   | at       | answer      |
      | chi-square | molgenis | 23.68667165 |

  @SC-TRI-010 @after:SC-TRI-006 @REQ-SATRE-3.3 @kind:negative
  Scenario: Most institutions are too small to be told of by themselves
    Given the study "patients of each institution" computes
      | kind  | by          |
      | count | institution |
    When the researcher at sensitive-cloud applies for the project "institutions" to compute count of institution in
      | site            | dataset |
      | sensitive-cloud | lung    |
    And the security officer at sensitive-cloud decides positively on the project "institutions" for the security-office
    And the data holder at sensitive-cloud decides positively on the project "institutions" for the data-holder
    Then sensitive-cloud grants a permit for the project "institutions" and provisions a workspace
    When the researcher at sensitive-cloud runs what the study "patients of each institution" asks of "lung" in the project "institutions" and asks to release it
    Then it is refused as "cell-under-threshold"
    Given the study "strata are not told of" asks the same as "sex and survival"
    When the researcher at sensitive-cloud opens the study "strata are not told of" in the project "lung cancer", to be answered within 300 seconds by
      | site            | dataset |
      | sensitive-cloud | lung    |
    Then sensitive-cloud still takes a job of the study "strata are not told of"
    And sensitive-cloud seals its output of the study "strata are not told of" and checks it for disclosure
    And the attempt left an audit entry and no effect

  @SC-TRI-013 @after:SC-TRI-001 @REQ-SATRE-3.2 @REQ-EHDS-68 @kind:positive
  Scenario: Thirteen trials of a vaccine lie in the three environments
    Given the environments
      | site            | dataset | file             | holds                                        |
      | molgenis        | bcg     | bcg-1-5.csv.gz   | BCG vaccine, trials 1 to 5, 38,664 people    |
      | denbi           | bcg     | bcg-6-9.csv.gz   | BCG vaccine, trials 6 to 9, 197,724 people   |
      | sensitive-cloud | bcg     | bcg-10-13.csv.gz | BCG vaccine, trials 10 to 13, 120,959 people |
    Then the data manager at molgenis publishes the dataset "bcg" of "erasmus-mc", titled "BCG vaccine, trials 1 to 5", with the dictionary
      | concept      | column       | type     | event value | levels          |
      | trial        | trial        | category |             |                 |
      | vaccination  | vaccinated   | category |             | 0 = no, 1 = yes |
      | tuberculosis | tuberculosis | event    | 1           |                 |
    And the data manager at denbi publishes the dataset "bcg" of "gbsg", titled "BCG vaccine, trials 6 to 9", with the dictionary
      | concept      | column       | type     | event value | levels          |
      | trial        | trial        | category |             |                 |
      | vaccination  | vaccinated   | category |             | 0 = no, 1 = yes |
      | tuberculosis | tuberculosis | event    | 1           |                 |
    And the data manager at sensitive-cloud publishes the dataset "bcg" of "ncctg", titled "BCG vaccine, trials 10 to 13", with the dictionary
      | concept      | column       | type     | event value | levels          |
      | trial        | trial        | category |             |                 |
      | vaccination  | vaccinated   | category |             | 0 = no, 1 = yes |
      | tuberculosis | tuberculosis | event    | 1           |                 |
    When the researcher at molgenis applies for the project "vaccine" to compute risk-ratio and count of tuberculosis, vaccination and trial in
      | site            | dataset |
      | molgenis        | bcg     |
      | denbi           | bcg     |
      | sensitive-cloud | bcg     |
    And the first committee member at molgenis decides positively on the project "vaccine" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "vaccine" for the data-access-committee
    And the steering member at denbi decides positively on the project "vaccine" for the steering-group
    And the data holder at denbi decides positively on the project "vaccine" for the data-holder
    And the security officer at sensitive-cloud decides positively on the project "vaccine" for the security-office
    And the data holder at sensitive-cloud decides positively on the project "vaccine" for the data-holder
    Then molgenis grants a permit for the project "vaccine" and provisions a workspace
    And denbi grants a permit for the project "vaccine" and provisions a workspace
    And sensitive-cloud grants a permit for the project "vaccine" and provisions a workspace

  @SC-TRI-014 @after:SC-TRI-013 @REQ-SATRE-3.3 @REQ-EHDS-73 @kind:positive
  Scenario: Does the vaccine protect, over trials of which five have too few cases to be told?
    Given the study "vaccine and tuberculosis" asks: How much less likely is tuberculosis in the vaccinated of 13 trials?
    And the study "vaccine and tuberculosis" computes
      | kind       | outcome      | arm         | stratum | combined        |
      | risk-ratio | tuberculosis | vaccination | trial   | fixed-effect    |
      | risk-ratio | tuberculosis | vaccination | trial   | random-effects  |
      | risk-ratio | tuberculosis | vaccination | trial   | mantel-haenszel |
    When the researcher at molgenis opens the study "vaccine and tuberculosis" in the project "vaccine", to be answered within 300 seconds by
      | site            | dataset |
      | molgenis        | bcg     |
      | denbi           | bcg     |
      | sensitive-cloud | bcg     |
    And the reviewers of all sites approve what they are asked for the study "vaccine and tuberculosis"
    Then the study "vaccine and tuberculosis" completes as "Completed" with the manifest
      | site            | outcome  | reason |
      | molgenis        | returned |        |
      | denbi           | returned |        |
      | sensitive-cloud | returned |        |
    And the researcher at molgenis fetches the result of the study "vaccine and tuberculosis"
    And the result of the study "vaccine and tuberculosis" tells, to 1e-8 relative
      | result | quantity            | of              | answer           |
      | 1      | estimate            | vaccination=yes | -0.4302851637    |
      | 1      | standard error      | vaccination=yes | 0.04049875171086 |
      | 1      | q                   | vaccination=yes | 152.2330080824   |
      | 2      | estimate            | vaccination=yes | -0.7141172221    |
      | 2      | standard error      | vaccination=yes | 0.1787420895354  |
      | 2      | tau squared         | vaccination=yes | 0.3087602628624  |
      | 3      | estimate            | vaccination=yes | -0.4537096047    |
      | 2      | people in the model |                 | 357347           |

  @SC-TRI-015 @after:SC-TRI-014 @REQ-SATRE-3.3 @kind:negative
  Scenario: The cases of each trial are not told, and not beside the sums either
    Given the study "cases of each trial" computes
      | kind  | by                  |
      | count | trial, tuberculosis |
    When the researcher at molgenis runs what the study "cases of each trial" asks of "bcg" in the project "vaccine" and asks to release it
    Then it is refused as "rounds-solvable"
    Given the study "the sums once more" asks the same as "vaccine and tuberculosis"
    When the researcher at molgenis opens the study "the sums once more" in the project "vaccine", to be answered within 300 seconds by
      | site     | dataset |
      | molgenis | bcg     |
    Then molgenis still takes a job of the study "the sums once more"
    And molgenis seals its output of the study "the sums once more" and checks it for disclosure
    And the attempt left an audit entry and no effect

  @SC-TRI-016 @after:SC-TRI-015 @REQ-SATRE-3.3 @kind:negative
  Scenario: Nor are the sums of all trials but one, which would tell what that one adds
    Given the study "without the third trial" first prepares
      | step   | where          |
      | filter | trial is not 3 |
    And the study "without the third trial" computes
      | kind       | outcome      | arm         | stratum |
      | risk-ratio | tuberculosis | vaccination | trial   |
    When the researcher at molgenis runs what the study "without the third trial" asks of "bcg" in the project "vaccine" and asks to release it
    Then it is refused as "strata-under-limit"
    And a table by "vaccination" of the researcher at molgenis in the project "vaccine" passes the check there
    And the attempt left an audit entry and no effect

  @SC-TRI-012 @after:SC-TRI-011 @REQ-SATRE-1.1 @REQ-EHDS-68 @kind:negative
  Scenario: A permit comes to its end while its site's answer waits for review
    Given denbi seals its output of the study "too late" and checks it for disclosure
    When the researcher at molgenis asks denbi to let its permit for the project "a short permit" end now, because "the answer is no longer needed"
    And the steering member at denbi decides positively on the project "a short permit" for the steering-group
    And the data holder at denbi decides positively on the project "a short permit" for the data-holder
    Then the permit of denbi for the project "a short permit" comes to its end
    And denbi rejects its output of the study "too late" as "permit-ended"
    When the first checker at denbi tries to approve the output of the study "too late"
    Then it is refused as "transition"
    When the reviewers at molgenis approve what they are asked for the study "too late"
    Then the study "too late" completes as "Completed" with the manifest
      | site     | outcome  | reason         |
      | molgenis | returned |                |
      | denbi    | refused  | permit-expired |
    And the researcher at molgenis fetches the result of the study "too late"
    Given the study "in time" asks the same as "hormone therapy and recurrence"
    When the researcher at molgenis opens the study "in time" in the project "hormone therapy", to be answered within 300 seconds by
      | site  | dataset |
      | denbi | gbsg    |
    Then denbi still takes a job of the study "in time"
    And nothing of the study "too late" was released by denbi
    And the attempt left an audit entry and no effect
    And it holds these known answers of the study "too late", to 1e-9 relative
      | quantity   | of        | answer         |
      | chi-square | molgenis  | 9.484367566511 |
      | chi-square | all sites | 9.484367566511 |
