@driver @social-science
Feature: Diabetes in three linked registers, and health insurance over four parts of a survey
  Three registers of the same people, one of the people themselves, one of their laboratory values and one of their
  diagnoses, lie in one environment, and an institute that holds them decides on their use. A researcher who wants to
  know who has diabetes needs all three. They are linked inside the environment, by a pseudonym that is made for this
  project alone and never leaves it; what leaves are tables and means of groups of people, after a reviewer has looked at
  them. A survey of health insurance lies in four parts with three institutions. One model of all its people is fitted in
  rounds, of which only sums leave each environment, and whoever holds a part decides on that part alone.

  @SC-SOC-001 @REQ-SATRE-3.2 @REQ-SATRE-1.4 @layer:semantic @safe:people @safe:data @kind:positive
  Scenario: The environment of the registers opens
    Given the environments
      | site    | name                | country | dataset | file          | holds                                  | sign-in                   | analyses         |
      | findata | Findata and Kapseli | FI      | nafld1  | nafld1.csv.gz | register of people, 17,549             | second factor within 12 h | typed and native |
      | findata |                     |         | nafld2  | nafld2.csv.gz | laboratory values, 400,123             |                           |                  |
      | findata |                     |         | nafld3  | nafld3.csv.gz | diagnoses, 34,340                      |                           |                  |
      | thl     | THL                 | FI      |         |               | the registers' holder, who decides; no data | second factor within 12 h | none; hosted at findata |
    And every environment publishes its policy
    When the first identity officer of each environment enrols with its one-time code
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site    | person           | roles                 |
      | findata | data manager     | data-manager          |
      | findata | researcher       | researcher            |
      | thl     | data holder      | data-holder           |
      | findata | checker          | output-checker        |
    Then the data manager at findata publishes the dataset "nafld2" of "thl", titled "Laboratory values", with the dictionary
      | concept          | column | type       | unit |
      | person           | id     | identifier |      |
      | laboratory-days  | days   | integer    | day  |
      | laboratory-test  | test   | category   |      |
      | laboratory-value | value  | number     |      |
    And the data manager at findata publishes the dataset "nafld3" of "thl", titled "Diagnoses", with the dictionary
      | concept        | column | type       | unit |
      | person         | id     | identifier |      |
      | diagnosis-days | days   | integer    | day  |
      | diagnosis      | event  | category   |      |
    And the data manager at findata publishes the dataset "nafld1" of "thl", titled "People", with the dictionary
      | concept | column | type       | unit | levels               |
      | person  | id     | identifier |      |                      |
      | age     | age    | integer    | year |                      |
      | sex     | male   | category   |      | 0 = female, 1 = male |
      | bmi     | bmi    | number     |      |                      |

  @SC-SOC-002 @after:SC-SOC-001 @REQ-EHDS-68 @safe:data @kind:positive
  Scenario: The holder of the registers decides, and its permit governs them where they are hosted
    When the researcher at findata applies for the project "diabetes" to compute count and summary of age, sex, laboratory-days, laboratory-test, laboratory-value and diagnosis in
      | site | dataset |
      | thl  | nafld1  |
      | thl  | nafld2  |
      | thl  | nafld3  |
    And the data holder at thl decides positively on the project "diabetes" for the data-holder
    Then thl grants a permit for the project "diabetes", by which findata, the host of its data, provisions a workspace

  @SC-SOC-003 @after:SC-SOC-002 @REQ-SATRE-3.3 @REQ-EHDS-73 @layer:semantic @safe:data @kind:positive
  Scenario: How many women and men, and of which age, have diabetes?
    Given the study "who has diabetes" asks: How many women and men, and how many people of which age, have a diagnosis of diabetes?
    And the study "who has diabetes" first prepares
      | step      | dataset | concept | where                 | how   | cuts           | levels                                        | as          |
      | aggregate | nafld3  |         | diagnosis is diabetes | any   |                |                                               | diabetes    |
      | aggregate | nafld3  |         |                       | count |                |                                               | diagnoses   |
      | link      | nafld3  |         |                       |       |                |                                               |             |
      | aggregate | nafld2  |         |                       | count |                |                                               | tests       |
      | link      | nafld2  |         |                       |       |                |                                               |             |
      | derive    |         | age     |                       |       | 40, 50, 60, 70 | 18-39, 40-49, 50-59, 60-69, 70-or-more        | age-group   |
      | derive    |         |         | tests over 0          |       |                |                                               | tested      |
      | derive    |         |         | diagnoses over 0      |       |                |                                               | diagnosed   |
    And the study "who has diabetes" computes
      | kind  | by                  |
      | count | sex, diabetes       |
      | count | diabetes, age-group |
      | count | tested              |
      | count | diagnosed           |
    When the researcher at findata opens the study "who has diabetes" in the project "diabetes", to be answered within 300 seconds by
      | site    | dataset |
      | findata | nafld1  |
    And the reviewers of all sites approve what they are asked for the study "who has diabetes"
    Then the study "who has diabetes" completes as "Completed" with the manifest
      | site    | outcome  | reason |
      | findata | returned |        |
    And the researcher at findata fetches the result of the study "who has diabetes"
    And the result of the study "who has diabetes" tells, to 1e-8 relative
      | quantity | of                                     | answer |
      | people   | sex = female, diabetes = no            | 7635   |
      | people   | sex = female, diabetes = yes           | 1713   |
      | people   | sex = male, diabetes = no              | 6462   |
      | people   | sex = male, diabetes = yes             | 1739   |
      | people   | diabetes = no, age-group = 18-39       | 3215   |
      | people   | diabetes = no, age-group = 40-49       | 3203   |
      | people   | diabetes = no, age-group = 50-59       | 3758   |
      | people   | diabetes = no, age-group = 60-69       | 2368   |
      | people   | diabetes = no, age-group = 70-or-more  | 1553   |
      | people   | diabetes = yes, age-group = 18-39      | 286    |
      | people   | diabetes = yes, age-group = 40-49      | 523    |
      | people   | diabetes = yes, age-group = 50-59      | 938    |
      | people   | diabetes = yes, age-group = 60-69      | 939    |
      | people   | diabetes = yes, age-group = 70-or-more | 766    |
      | people   | tested = yes                           | 15666  |
      | people   | diagnosed = yes                        | 12454  |
    And nobody else may fetch the result of the study "who has diabetes"

  @SC-SOC-004 @after:SC-SOC-002 @REQ-SATRE-3.3 @layer:semantic @safe:data @kind:positive
  Scenario: Do people with diabetes have less HDL?
    Given the study "HDL and diabetes" asks: Is each person's mean HDL before the study began lower in people with diabetes?
    And the study "HDL and diabetes" first prepares
      | step      | dataset | concept          | where                                         | how  | as       |
      | aggregate | nafld3  |                  | diagnosis is diabetes                         | any  | diabetes |
      | link      | nafld3  |                  |                                               |      |          |
      | aggregate | nafld2  | laboratory-value | laboratory-test is hdl; laboratory-days at most 0 | mean | hdl      |
      | link      | nafld2  |                  |                                               |      |          |
    And the study "HDL and diabetes" computes
      | kind    | measure | by       |
      | summary | hdl     | diabetes |
    When the researcher at findata opens the study "HDL and diabetes" in the project "diabetes", to be answered within 300 seconds by
      | site    | dataset |
      | findata | nafld1  |
    And the reviewers of all sites approve what they are asked for the study "HDL and diabetes"
    Then the study "HDL and diabetes" completes as "Completed" with the manifest
      | site    | outcome  | reason |
      | findata | returned |        |
    And the researcher at findata fetches the result of the study "HDL and diabetes"
    And the result of the study "HDL and diabetes" tells, to 1e-8 relative
      | quantity      | of             | answer         |
      | people of hdl | diabetes = no  | 10726          |
      | mean of hdl   | diabetes = no  | 54.14544818763 |
      | people of hdl | diabetes = yes | 3262           |
      | mean of hdl   | diabetes = yes | 45.98034601189 |

  @SC-SOC-007 @after:SC-SOC-001 @REQ-SATRE-3.3 @REQ-EHDS-68 @REQ-EHDS-73 @safe:outputs @kind:positive
  Scenario: Who has diabetes, by age, sex and weight? A model of the linked registers, under a permit of its own
    When the researcher at findata applies for the project "risk of diabetes" to compute logistic-regression of age, sex, bmi and diagnosis in
      | site | dataset |
      | thl  | nafld1  |
      | thl  | nafld3  |
    And the data holder at thl decides positively on the project "risk of diabetes" for the data-holder
    Then thl grants a permit for the project "risk of diabetes", by which findata, the host of its data, provisions a workspace
    Given the study "risk of diabetes" asks: How do the odds of diabetes go with age, sex and body-mass index?
    And the study "risk of diabetes" first prepares
      | step      | dataset | where                 | how | as       |
      | aggregate | nafld3  | diagnosis is diabetes | any | diabetes |
      | link      | nafld3  |                       |     |          |
    And the study "risk of diabetes" computes
      | kind                | outcome  | covariates    |
      | logistic-regression | diabetes | age, sex, bmi |
    When the researcher at findata opens the study "risk of diabetes" in the project "risk of diabetes", to be answered within 300 seconds by
      | site    | dataset |
      | findata | nafld1  |
    And the reviewers of all sites approve what they are asked for the study "risk of diabetes"
    Then the study "risk of diabetes" completes as "Completed" with the manifest
      | site    | outcome  | reason |
      | findata | returned |        |
    And the researcher at findata fetches the result of the study "risk of diabetes"
    And the result of the study "risk of diabetes" tells, to 1e-8 relative
      | quantity            | of          | answer             |
      | people in the model |             | 12588              |
      | estimate            | (intercept) | -7.00702298949     |
      | estimate            | age         | 0.04217589058585   |
      | estimate            | sex=male    | 0.3382893266914    |
      | estimate            | bmi         | 0.1050574069913    |
      | deviance            |             | 11807.25906552     |

  @SC-SOC-005 @after:SC-SOC-003 @REQ-SATRE-3.3 @kind:negative
  Scenario: The same table without the three oldest people would tell of them
    Given the study "without the oldest" first prepares
      | step      | dataset | where                 | how | as       |
      | aggregate | nafld3  | diagnosis is diabetes | any | diabetes |
      | link      | nafld3  |                       |     |          |
      | filter    |         | age under 98          |     |          |
    And the study "without the oldest" computes
      | kind  | by            |
      | count | sex, diabetes |
    When the researcher at findata runs what the study "without the oldest" asks of "nafld1" in the project "diabetes" and asks to release it
    Then it is refused as "difference-under-threshold"
    And a table by "sex" of the researcher at findata in the project "diabetes" passes the check there
    And the attempt left an audit entry and no effect

  @SC-SOC-006 @after:SC-SOC-002 @REQ-SATRE-3.3 @layer:semantic @safe:data @kind:negative
  Scenario: A register with several rows for each person is not counted as if rows were people
    Given the study "rows of diagnoses" computes
      | kind  | by        |
      | count | diagnosis |
    When the researcher at findata opens the study "rows of diagnoses" in the project "diabetes", to be answered within 300 seconds by
      | site    | dataset |
      | findata | nafld3  |
    Then the study "rows of diagnoses" completes as "Failed" with the manifest
      | site    | outcome | reason       |
      | findata | refused | not-computed |

  @SC-SOC-008 @after:SC-SOC-003 @REQ-SATRE-3.3 @REQ-SATRE-3.1 @safe:data @safe:outputs @kind:negative
  Scenario: A person objects, and the same table of the next version would tell who
    When the person with the id 6 in "nafld1" objects at findata, and the data manager there publishes the next version of the dataset without that person
    Given the study "after an objection" asks the same as "who has diabetes"
    When the researcher at findata runs what the study "after an objection" asks of "nafld1" in the project "diabetes" and asks to release it
    Then it is refused as "difference-under-threshold"
    Given the study "people from 45 on" first prepares
      | step   | where           |
      | filter | age at least 45 |
    And the study "people from 45 on" computes
      | kind  | by  |
      | count | sex |
    Then what the study "people from 45 on" asks of "nafld1" passes the check for the researcher at findata in the project "diabetes"
    And the attempt left an audit entry and no effect

  @SC-SOC-010 @REQ-SATRE-3.2 @REQ-SATRE-5.2 @layer:semantic @safe:people @safe:data @kind:positive
  Scenario: Four parts of one survey lie in three countries, two of them with one institution
    Given the environments
      | site            | name            | country | dataset   | file                   | rows               | holds                                       | sign-in                   | analyses                 |
      | tsd             | TSD             | NO      | northeast | HealthInsurance.csv.gz | region = northeast | health insurance, north-east, 1,682 people  | second factor within 8 h  | typed and native         |
      | health-data-hub | Health Data Hub | FR      | midwest   | HealthInsurance.csv.gz | region = midwest   | health insurance, mid-west, 2,023 people    | second factor within 12 h | typed and native         |
      | canpath         | CanPath         | CA      | south     | HealthInsurance.csv.gz | region = south     | health insurance, south, 3,075 people       | second factor within 12 h | aggregate functions only |
      | canpath         |                 |         | west      | HealthInsurance.csv.gz | region = west      | health insurance, west, 2,022 people        |                           |                          |
    And every environment publishes its policy
    When the first identity officer of each environment enrols with its one-time code
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site            | person                   | roles                     |
      | tsd             | data manager             | data-manager              |
      | tsd             | researcher               | researcher, export-group  |
      | tsd             | committee member         | data-access-committee     |
      | tsd             | checker                  | output-checker            |
      | health-data-hub | data manager             | data-manager              |
      | health-data-hub | scientist                | scientific-committee      |
      | health-data-hub | data protection officer  | data-protection-authority |
      | health-data-hub | checker                  | output-checker            |
      | canpath         | data manager             | data-manager              |
      | canpath         | first committee member   | access-committee          |
      | canpath         | second committee member  | access-committee          |
      | canpath         | southern officer         | regional-office           |
      | canpath         | western officer          | regional-office           |
      | canpath         | checker                  | output-checker            |
    Then the data manager at tsd publishes the dataset "northeast" of "meps", titled "Health insurance, north-east", with the dictionary
      | concept   | column    | type     | unit | event value | levels                                                                                                                       |
      | insurance | insurance | event    |      | yes         |                                                                                                                              |
      | age       | age       | integer  | year |             |                                                                                                                              |
      | gender    | gender    | category |      |             | female = female, male = male                                                                                                 |
      | education | education | category |      |             | none = none, ged = ged, highschool = highschool, bachelor = bachelor, master = master, phd = phd, other = other               |
      | limit     | limit     | category |      |             | no = no, yes = yes                                                                                                           |
      | ethnicity | ethnicity | category |      |             | afam = afam, cauc = cauc, other = other                                                                                      |
    And the data manager at health-data-hub publishes the dataset "midwest" of "meps", titled "Health insurance, mid-west", with the dictionary
      | concept   | column    | type     | unit | event value | levels                                                                                                                       |
      | insurance | insurance | event    |      | yes         |                                                                                                                              |
      | age       | age       | integer  | year |             |                                                                                                                              |
      | gender    | gender    | category |      |             | female = female, male = male                                                                                                 |
      | education | education | category |      |             | none = none, ged = ged, highschool = highschool, bachelor = bachelor, master = master, phd = phd, other = other               |
      | limit     | limit     | category |      |             | no = no, yes = yes                                                                                                           |
    And the data manager at canpath publishes the dataset "south" of "meps", titled "Health insurance, south", with the dictionary
      | concept   | column    | type     | unit | event value | levels                                                                                                                       |
      | insurance | insurance | event    |      | yes         |                                                                                                                              |
      | age       | age       | integer  | year |             |                                                                                                                              |
      | gender    | gender    | category |      |             | female = female, male = male                                                                                                 |
      | education | education | category |      |             | none = none, ged = ged, highschool = highschool, bachelor = bachelor, master = master, phd = phd, other = other               |
      | limit     | limit     | category |      |             | no = no, yes = yes                                                                                                           |
    And the data manager at canpath publishes the dataset "west" of "meps", titled "Health insurance, west", with the dictionary
      | concept   | column    | type     | unit | event value | levels                                                                                                                       |
      | insurance | insurance | event    |      | yes         |                                                                                                                              |
      | age       | age       | integer  | year |             |                                                                                                                              |
      | gender    | gender    | category |      |             | female = female, male = male                                                                                                 |
      | education | education | category |      |             | none = none, ged = ged, highschool = highschool, bachelor = bachelor, master = master, phd = phd, other = other               |
      | limit     | limit     | category |      |             | no = no, yes = yes                                                                                                           |

  @SC-SOC-011 @after:SC-SOC-010 @REQ-SATRE-1.1 @REQ-EHDS-68 @safe:projects @kind:negative
  Scenario: Of two authorities the second may not speak first, and no workspace opens before it has
    When the researcher at tsd applies for the project "insurance" to compute logistic-regression of insurance, age, gender, education and limit in
      | site            | dataset   |
      | tsd             | northeast |
      | health-data-hub | midwest   |
      | canpath         | south     |
      | canpath         | west      |
    And the data protection officer at health-data-hub tries to decide on the project "insurance" for the data-protection-authority
    Then it is refused as "not-this-bodys-turn"
    When the scientist at health-data-hub decides positively on the project "insurance" for the scientific-committee, and is heard
    Then nothing of the project "insurance" is permitted or provisioned at health-data-hub yet
    And the attempt left an audit entry and no effect
    When the data protection officer at health-data-hub decides positively on the project "insurance" for the data-protection-authority
    Then health-data-hub grants a permit for the project "insurance" and provisions a workspace

  @SC-SOC-012 @after:SC-SOC-011 @REQ-SATRE-1.1 @REQ-EHDS-68 @safe:projects @kind:positive
  Scenario: One region of an institution says no to its own data, and the others go on
    When the committee member at tsd decides positively on the project "insurance" for the data-access-committee
    Then tsd grants a permit for the project "insurance" and provisions a workspace
    When the first committee member at canpath decides positively on the project "insurance" for the access-committee
    And the second committee member at canpath decides positively on the project "insurance" for the access-committee
    And the western officer at canpath decides negatively on the dataset "west" in the project "insurance" for the regional-office
    And the southern officer at canpath decides positively on the dataset "south" in the project "insurance" for the regional-office
    Then canpath grants a permit for the project "insurance" and provisions a workspace
    And canpath permits of the project "insurance" the datasets "south" alone

  @SC-SOC-013 @after:SC-SOC-012 @REQ-SATRE-3.3 @REQ-SATRE-5.3 @layer:organisational @safe:outputs @kind:positive
  Scenario: Who has health insurance? The model of all who were permitted, and who refused is named with the dataset
    Given the study "insurance without the west" asks: Who has health insurance, by age, gender, education and limits of health?
    And the study "insurance without the west" computes
      | kind                | outcome   | covariates                    | references           |
      | logistic-regression | insurance | age, gender, education, limit | education = bachelor |
    When the researcher at tsd opens the study "insurance without the west" in the project "insurance", to be answered within 300 seconds by
      | site            | dataset   |
      | tsd             | northeast |
      | health-data-hub | midwest   |
      | canpath         | south     |
      | canpath         | west      |
    And the reviewers of all sites approve what they are asked for the study "insurance without the west"
    Then the study "insurance without the west" completes as "Completed" with the manifest
      | site            | dataset   | outcome  | reason        |
      | tsd             | northeast | returned |               |
      | health-data-hub | midwest   | returned |               |
      | canpath         | south     | returned |               |
      | canpath         | west      | refused  | beyond-permit |
    And the researcher at tsd fetches the result of the study "insurance without the west"
    And the result of the study "insurance without the west" tells, to 1e-8 relative
      | quantity            | of          | answer             |
      | people in the model |             | 6780               |
      | estimate            | age         | 0.03337713751594   |
      | estimate            | gender=male | -0.23778494747402  |
      | deviance            |             | 5889.829575028     |

  @SC-SOC-014 @after:SC-SOC-013 @REQ-SATRE-1.1 @REQ-EHDS-68 @safe:projects @kind:positive
  Scenario: The region that said no is asked again, and joins by an amendment
    When the researcher at tsd asks canpath to let its permit for the project "insurance" cover the datasets "south, west", because "The model of the other regions is there; no numbers of the west alone are needed."
    And the first committee member at canpath decides positively on the project "insurance" for the access-committee
    And the second committee member at canpath decides positively on the project "insurance" for the access-committee
    And the western officer at canpath decides positively on the dataset "west" in the project "insurance" for the regional-office
    Then canpath amends its permit for the project "insurance", and its workspace has the datasets "south, west"

  @SC-SOC-015 @after:SC-SOC-014 @REQ-SATRE-3.3 @REQ-SATRE-5.3 @safe:outputs @kind:positive
  Scenario: The model of all four regions is that of their people together
    Given the study "insurance" asks the same as "insurance without the west"
    When the researcher at tsd opens the study "insurance" in the project "insurance", to be answered within 300 seconds by
      | site            | dataset   |
      | tsd             | northeast |
      | health-data-hub | midwest   |
      | canpath         | south     |
      | canpath         | west      |
    And the reviewers of all sites approve what they are asked for the study "insurance"
    Then the study "insurance" completes as "Completed" with the manifest
      | site            | dataset   | outcome  | reason |
      | tsd             | northeast | returned |        |
      | health-data-hub | midwest   | returned |        |
      | canpath         | south     | returned |        |
      | canpath         | west      | returned |        |
    And the researcher at tsd fetches the result of the study "insurance"
    And the result of the study "insurance" tells, to 1e-8 relative
      | quantity            | of          | answer             |
      | people in the model |             | 8802               |
      | estimate            | age         | 0.03338211888058   |
      | estimate            | gender=male | -0.25617158329189  |
      | deviance            |             | 7954.165205786     |
    And the result of the study "insurance" is another than an average of four separate models, by more than 1e-3 relative
      | quantity | of  | answer        |
      | estimate | age | 0.03365872385 |

  @SC-SOC-018 @after:SC-SOC-015 @REQ-SATRE-3.3 @safe:outputs @kind:positive
  Scenario: An average of separate models is no such model, and one part has none of its own
    # Everybody in the north-east who has a doctorate is insured, so that the north-east alone has no estimate.
    Given the study "insurance by an average" asks: What would an average of each part's own model say?
    And the study "insurance by an average" computes
      | kind                | outcome   | covariates                    | references           | combined     |
      | logistic-regression | insurance | age, gender, education, limit | education = bachelor | fixed-effect |
    When the researcher at tsd opens the study "insurance by an average" in the project "insurance", to be answered within 300 seconds by
      | site            | dataset   |
      | tsd             | northeast |
      | health-data-hub | midwest   |
      | canpath         | south     |
      | canpath         | west      |
    And the reviewers of all sites approve what they are asked for the study "insurance by an average"
    Then the study "insurance by an average" completes as "Completed" with the manifest
      | site            | dataset   | outcome  | reason       |
      | tsd             | northeast | refused  | not-computed |
      | health-data-hub | midwest   | returned |              |
      | canpath         | south     | returned |              |
      | canpath         | west      | returned |              |
    And the researcher at tsd fetches the result of the study "insurance by an average"
    And the result of the study "insurance by an average" tells, to 1e-8 relative
      | quantity            | of          | answer             |
      | people in the model |             | 7120               |
      | estimate            | age         | 0.032474904126992  |
      | estimate            | gender=male | -0.23203219935873  |

  @SC-SOC-016 @after:SC-SOC-010 @REQ-SATRE-3.3 @safe:outputs @kind:positive
  Scenario: Of a table with a small cell as much is kept back as it takes that the margins do not tell it
    When the researcher at tsd applies for the project "limits of health" to compute count of limit, ethnicity and gender in
      | site | dataset   |
      | tsd  | northeast |
    And the committee member at tsd decides positively on the project "limits of health" for the data-access-committee
    Then tsd grants a permit for the project "limits of health" and provisions a workspace
    Given the study "limits of health" asks: How many people of each ethnicity are limited by their health?
    And the study "limits of health" computes
      | kind  | by               | small cells |
      | count | limit, ethnicity | suppress    |
    When the researcher at tsd opens the study "limits of health" in the project "limits of health", to be answered within 300 seconds by
      | site | dataset   |
      | tsd  | northeast |
    And the reviewers of all sites approve what they are asked for the study "limits of health"
    Then the study "limits of health" completes as "Completed" with the manifest
      | site | outcome  | reason |
      | tsd  | returned |        |
    And the researcher at tsd fetches the result of the study "limits of health"
    And the result of the study "limits of health" tells, to 1e-8 relative
      | quantity | of                           | answer |
      | people   | limit = no, ethnicity = cauc | 1256   |
      | people   | limit = yes                  | 172    |
      | people   | ethnicity = other            | 50     |
      | people   | all                          | 1682   |
    And the result of the study "limits of health" keeps these numbers to itself, and leaves each open over at least 5 people
      | of                            |
      | limit = yes, ethnicity = other |
      | limit = no, ethnicity = other  |
      | limit = yes, ethnicity = afam  |
      | limit = no, ethnicity = afam   |

  @SC-SOC-017 @after:SC-SOC-016 @REQ-SATRE-3.3 @safe:outputs @kind:negative
  Scenario: A number that would tell the small cell by the margins is refused, large as it is
    Given the study "one number more" first prepares
      | step   | where                             |
      | filter | limit is yes; ethnicity is afam   |
    And the study "one number more" computes
      | kind  | by     |
      | count | gender |
    When the researcher at tsd runs what the study "one number more" asks of "northeast" in the project "limits of health" and asks to release it
    Then it is refused as "suppressed-cell-derivable"
    And a table by "gender" of the researcher at tsd in the project "limits of health" passes the check there
    And the attempt left an audit entry and no effect
