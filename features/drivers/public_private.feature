@driver @public-private
Feature: A company pays for a risk model of people whom it never sees
  A company wants to know how the risk of a disease goes with six variants of the genome. It pays for the study, and a
  researcher of a public environment makes it. Four environments are asked for their data. Each decides by its own rules
  whether a company may be served at all, and by whose word. What leaves are sums over hundreds of people, round by round,
  and in the end one model; nobody who works for the company decides or approves anything.

  @SC-PPP-001 @REQ-SATRE-3.2 @REQ-SATRE-1.4 @safe:people @kind:positive
  Scenario: The environments that are asked open
    Given the environments
      | site             | name             | country | dataset   | file                                         | rows           | holds                                       | sign-in                   | analyses                 |
      | genomics-england | Genomics England | GB      | ceu       | ceu.bed.gz, chr10.bim.gz, ceu.fam.gz         |                | cases and controls, CEU, 494 people         | second factor within 12 h | aggregate functions only |
      | trust            | TRUST            | SG      | jpt-chb   | jpt_chb.bed.gz, chr10.bim.gz, jpt_chb.fam.gz |                | cases and controls, JPT and CHB, 506 people | second factor within 12 h | aggregate functions only |
      | molgenis         | Molgenis         | NL      | rotterdam | rotterdam.csv.gz                             |                | Rotterdam tumour bank, 2,982 patients       | second factor within 8 h  | aggregate functions only |
      | canpath          | CanPath          | CA      | south     | HealthInsurance.csv.gz                       | region = south | health insurance, south, 3,075 people       | second factor within 12 h | aggregate functions only |
    And every environment publishes its policy
    When the first identity officer of each environment enrols with its one-time code
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site             | person                      | roles                 | acts for            |
      | genomics-england | data manager                | data-manager          |                     |
      | genomics-england | researcher                  | researcher            |                     |
      | genomics-england | committee member            | access-committee      |                     |
      | genomics-england | first checker               | output-checker        |                     |
      | genomics-england | first member                | release-committee     |                     |
      | genomics-england | second member               | release-committee     |                     |
      | trust            | data manager                | data-manager          |                     |
      | trust            | committee member            | data-access-committee |                     |
      | trust            | ministry member             | ministry              |                     |
      | trust            | contributor                 | data-contributor      |                     |
      | trust            | contributor from industry   | data-contributor      | acme                |
      | trust            | first checker               | output-checker        |                     |
      | trust            | second checker              | output-checker        |                     |
      | trust            | visiting checker            | output-checker        | acme                |
      | molgenis         | data manager                | data-manager          |                     |
      | canpath          | data manager                | data-manager          |                     |
    Then the data manager at genomics-england publishes the dataset "ceu" of "genomics-england", titled "Cases and controls, CEU", with the dictionary
      | concept  | column    | type     | event value |
      | genotype | genotypes | genotype |             |
      | case     | phenotype | event    | 2           |
    And the data manager at trust publishes the dataset "jpt-chb" of "trust", titled "Cases and controls, JPT and CHB", with the dictionary
      | concept  | column    | type     | event value |
      | genotype | genotypes | genotype |             |
      | case     | phenotype | event    | 2           |
    And the data manager at molgenis publishes the dataset "rotterdam" of "erasmus-mc", titled "Rotterdam tumour bank", for use as "GRU, NPU", with the dictionary
      | concept         | column | type     | unit | event value | levels                   |
      | recurrence-time | rtime  | number   | day  |             |                          |
      | recurrence      | recur  | event    |      | 1           |                          |
      | hormone-therapy | hormon | category |      |             | 0 = untreated, 1 = treated |
      | menopause       | meno   | category |      |             | 0 = before, 1 = after    |
      | chemotherapy    | chemo  | category |      |             | 0 = no, 1 = yes          |
      | grade           | grade  | category |      |             | 2 = moderate, 3 = poor   |
      | progesterone    | pgr    | category |      |             |                          |
      | nodes           | nodes  | integer  |      |             |                          |
      | age             | age    | integer  | year |             |                          |
      | death-time      | dtime  | number   | day  |             |                          |
      | death           | death  | event    |      | 1           |                          |
    And the data manager at canpath publishes the dataset "south" of "meps", titled "Health insurance, south", with the dictionary
      | concept   | column    | type     | unit | event value | levels                                                                                                                       |
      | insurance | insurance | event    |      | yes         |                                                                                                                              |
      | age       | age       | integer  | year |             |                                                                                                                              |
      | gender    | gender    | category |      |             | female = female, male = male                                                                                                 |
      | education | education | category |      |             | none = none, ged = ged, highschool = highschool, bachelor = bachelor, master = master, phd = phd, other = other               |
      | limit     | limit     | category |      |             | no = no, yes = yes                                                                                                           |

  @SC-PPP-002 @after:SC-PPP-001 @REQ-SATRE-1.1 @REQ-EHDS-68 @layer:legal @safe:projects @kind:positive
  Scenario: Who does not serve companies says so by name, and the others are asked on
    When the researcher at genomics-england applies for the project "risk model" of the company "acme", titled "Risk of the disease by six variants", to compute logistic-regression of genotype and case in
      | site             | dataset   |
      | genomics-england | ceu       |
      | trust            | jpt-chb   |
      | molgenis         | rotterdam |
      | canpath          | south     |
    Then canpath takes no application of the project "risk model", as "partner-refused"
    And molgenis refuses the project "risk model" the dataset "rotterdam", as "data-use-denied"

  @SC-PPP-003 @after:SC-PPP-002 @REQ-SATRE-1.1 @layer:organisational @safe:projects @kind:negative
  Scenario: Without the ministry there is no workspace, whatever the others say
    When the committee member at trust decides positively on the project "risk model" for the data-access-committee
    And the contributor at trust tries to decide on the project "risk model" for the data-contributor
    Then it is refused as "not-this-bodys-turn"
    And nothing of the project "risk model" is permitted or provisioned at trust yet
    When the ministry member at trust decides positively on the project "risk model" for the ministry, and is heard
    Then the attempt left an audit entry and no effect

  @SC-PPP-004 @after:SC-PPP-003 @REQ-SATRE-1.1 @layer:organisational @safe:people @kind:negative
  Scenario: Without the contributor of the data there is none either, and the company's own contributor has no say
    Given nothing of the project "risk model" is permitted or provisioned at trust yet
    When the contributor from industry at trust tries to decide on the project "risk model" for the data-contributor
    Then it is refused as "separation-of-duties"
    And nothing of the project "risk model" is permitted or provisioned at trust yet
    When the contributor at trust decides positively on the project "risk model" for the data-contributor, and is heard
    Then trust grants a permit for the project "risk model" and provisions a workspace
    And the attempt left an audit entry and no effect

  @SC-PPP-005 @after:SC-PPP-004 @REQ-SATRE-5.3 @layer:legal @safe:projects @kind:positive
  Scenario: The project stands in the register, and the register keeps the company's confidence
    When the committee member at genomics-england decides positively on the project "risk model" for the access-committee
    Then genomics-england grants a permit for the project "risk model" and provisions a workspace
    And the register of genomics-england tells of the project "risk model" that it is there, for an industry partner, at genomics-england, trust, molgenis and canpath, and until when, and neither its title nor who pays for it

  @SC-PPP-006 @after:SC-PPP-005 @REQ-SATRE-3.3 @REQ-EHDS-73 @layer:technical @safe:outputs @kind:positive
  Scenario: One model of the people of both cohorts, made of sums; the company's own checker may not approve it
    Given the study "what others hold" computes
      | kind  |
      | count |
    When the researcher at genomics-england opens the study "what others hold" in the project "risk model", to be answered within 300 seconds by
      | site     | dataset   |
      | molgenis | rotterdam |
      | canpath  | south     |
    Given the study "risk model" asks: How does the risk of the disease go with each copy of six alleles, in the people of both cohorts together?
    And the study "risk model" first prepares
      | step   | variant    | allele | as           |
      | dosage | rs870041   | C      | rs870041_C   |
      | dosage | rs11596495 | A      | rs11596495_A |
      | dosage | rs12762312 | T      | rs12762312_T |
      | dosage | rs10882596 | T      | rs10882596_T |
      | dosage | rs17668255 | T      | rs17668255_T |
      | dosage | rs7085895  | G      | rs7085895_G  |
    And the study "risk model" computes
      | kind                | outcome | covariates                                                                      | combined     |
      | logistic-regression | case    | rs870041_C, rs11596495_A, rs12762312_T, rs10882596_T, rs17668255_T, rs7085895_G | site-effects |
    When the researcher at genomics-england opens the study "risk model" in the project "risk model", to be answered within 300 seconds by
      | site             | dataset   |
      | genomics-england | ceu       |
      | trust            | jpt-chb   |
    And the visiting checker at trust tries to approve the output of the study "risk model"
    Then it is refused as "separation-of-duties"
    When the reviewers of all sites approve what they are asked for the study "risk model", and are heard
    Then the study "risk model" completes as "Completed" with the manifest
      | site             | outcome  | reason |
      | genomics-england | returned |        |
      | trust            | returned |        |
    And the study "what others hold" completes as "Failed" with the manifest
      | site     | outcome | reason         |
      | molgenis | refused | permit-missing |
      | canpath  | refused | permit-missing |
    And the attempt left an audit entry and no effect
    And the combined result of the study "risk model" is held to the threshold 10 of trust, the stricter of the two
    And the researcher at genomics-england fetches the result of the study "risk model"
    And nobody else may fetch the result of the study "risk model"
    And the result of the study "risk model" tells, to 1e-8 relative
      | quantity             | of           | answer         |
      | people in the model  |              | 944            |
      | events in the model  |              | 471            |
      | estimate             | site=trust   | 0.05621290565  |
      | estimate             | rs870041_C   | -0.5236809156  |
      | estimate             | rs11596495_A | -0.4689869309  |
      | estimate             | rs12762312_T | -0.36503137135 |
      | estimate             | rs10882596_T | 0.4596983989   |
      | estimate             | rs17668255_T | 0.3992365354   |
      | estimate             | rs7085895_G  | 0.3923208066   |
      | deviance             |              | 1198.188729296 |

  @SC-PPP-007 @after:SC-PPP-005 @REQ-SATRE-3.3 @safe:outputs @kind:negative
  Scenario: A model that keeps its people's rows, or is a table of them under another name, is refused by that rule
    Given the study "nearest neighbours" computes
      | kind                 | outcome | covariates |
      | k-nearest-neighbours | case    | genotype   |
    When the researcher at genomics-england tries to open the study "nearest neighbours" in the project "risk model" at
      | site             | dataset |
      | genomics-england | ceu     |
      | trust            | jpt-chb |
    Then it is refused as "model-holds-rows"
    Given the study "carriers and cases" first prepares
      | step   | variant  | allele | where         | as      |
      | dosage | rs870041 | C      |               | copies  |
      | derive |          |        | copies over 0 | carrier |
    And the study "carriers and cases" computes
      | kind                | outcome | covariates |
      | logistic-regression | case    | carrier    |
    When the researcher at genomics-england opens the study "carriers and cases" in the project "risk model", to be answered within 300 seconds by
      | site             | dataset |
      | genomics-england | ceu     |
      | trust            | jpt-chb |
    Then genomics-england still takes a job of the study "carriers and cases"
    And the study "carriers and cases" completes as "Failed" with the manifest
      | site             | outcome | reason          |
      | genomics-england | refused | model-saturated |
      | trust            | refused | model-saturated |
    And the attempt left an audit entry and no effect
