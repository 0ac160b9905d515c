@profiles
Feature: Each environment's own rule, played
  Fourteen environments differ in nothing but their profiles, which are data. For each of them a scenario plays the rule
  that none of the others has. Under any other profile it fails, which a test shows by putting each in the place of each.

  @SC-OWN-azuretre @REQ-SATRE-3.3 @safe:outputs @kind:positive
  Scenario: What leaves was scanned first, and found clean
    Given the environments
      | site     | profile  | name                    | country | dataset | file             | holds                     |
      | azuretre | azuretre | AzureTRE-like reference | GB      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of azuretre sign in from the address 127.0.8.7
    And azuretre has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at azuretre
    And the study "a table" computes
      | kind  | by        |
      | count | menopause |
    And the researcher at azuretre is permitted the project "own rule" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the researcher at azuretre has an output of what the study "a table" asks of "trial" in the project "own rule"
    And the researcher at azuretre has that output taken for release, declared as "" and named ""
    And the first output-checker at azuretre approves that output
    Then that output is published, after the scan found it clean

  @SC-OWN-canpath @REQ-SATRE-1.1 @REQ-EHDS-68 @layer:organisational @safe:projects @kind:positive
  Scenario: A region refuses, the other goes on, and the refusal is named
    Given the environments
      | site    | profile | name    | country | dataset | file             | holds                     |
      | canpath | canpath | CanPath | CA      | valley  | rotterdam.csv.gz | a trial of 2,982 patients |
      | canpath |         |         |         | coast   | rotterdam.csv.gz |                           |
    And the people of canpath sign in from the address 127.0.8.7
    And canpath has a researcher, a data manager and everybody whom its policy asks for
    And the trial "valley" is described at canpath
    And the trial "coast" is described at canpath
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site    | person           | roles            |
      | canpath | first member     | access-committee |
      | canpath | second member    | access-committee |
      | canpath | regional officer | regional-office  |
    When the researcher at canpath applies for the project "regions" to compute count of menopause in
      | site    | dataset |
      | canpath | valley  |
      | canpath | coast   |
    And the first member at canpath decides positively on the project "regions" for the access-committee
    And the second member at canpath decides positively on the project "regions" for the access-committee
    And the regional officer at canpath decides negatively on the dataset "coast" in the project "regions" for the regional-office
    And the regional officer at canpath decides positively on the dataset "valley" in the project "regions" for the regional-office
    Then the decision of canpath on the project "regions" names "coast" as refused by the regional-office
    And canpath permits of the project "regions" the datasets "valley" alone

  @SC-OWN-denbi @REQ-SATRE-3.3 @safe:settings @kind:negative
  Scenario: Only catalogued workflows run
    Given the environments
      | site  | profile | name         | country | dataset | file             | holds                     |
      | denbi | denbi   | de.NBI cloud | DE      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of denbi sign in from the address 127.0.8.7
    And denbi has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at denbi
    And the study "a test" computes
      | kind     | time            | event      | arm             |
      | log-rank | recurrence-time | recurrence | hormone-therapy |
    And the study "a model" computes
      | kind                | outcome    | covariates |
      | logistic-regression | recurrence | age        |
    And the researcher at denbi is permitted the project "own rule" to compute log-rank and logistic-regression of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the researcher at denbi tries to run what the study "a model" asks of "trial" in the project "own rule"
    Then it is refused as "analysis-not-allowed"
    And the researcher at denbi runs what the study "a test" asks of "trial" in the project "own rule"
    And the attempt left an audit entry and no effect

  @SC-OWN-findata @REQ-SATRE-3.3 @safe:outputs @kind:positive
  Scenario: A result of a declared type of low risk leaves without a reviewer, and the decision says so
    Given the environments
      | site    | profile | name                | country | dataset | file             | holds                     |
      | findata | findata | Findata and Kapseli | FI      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of findata sign in from the address 127.0.8.7
    And findata has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at findata
    And the study "a test" computes
      | kind     | time            | event      | arm             |
      | log-rank | recurrence-time | recurrence | hormone-therapy |
    And the researcher at findata is permitted the project "own rule" to compute log-rank of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the researcher at findata has an output of what the study "a test" asks of "trial" in the project "own rule"
    And the researcher at findata tries to have that output released, declared as "" and named ""
    Then it is refused as "result-type-undeclared"
    And the researcher at findata has that output taken for release, declared as "statistic" and named ""
    And the attempt left an audit entry and no effect
    And that output is approved by nobody, on the declaration that it is a "statistic"

  @SC-OWN-genomics-england @REQ-SATRE-3.3 @safe:outputs @kind:negative
  Scenario: First the airlock's team checks, then a committee of two
    Given the environments
      | site             | profile          | name             | country | dataset | file             | holds                     |
      | genomics-england | genomics-england | Genomics England | GB      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of genomics-england sign in from the address 127.0.8.7
    And genomics-england has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at genomics-england
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site             | person        | roles             |
      | genomics-england | first member  | release-committee |
      | genomics-england | second member | release-committee |
      | genomics-england | checker       | output-checker    |
    And the study "a table" computes
      | kind  | by        |
      | count | menopause |
    And the researcher at genomics-england is permitted the project "own rule" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the researcher at genomics-england has an output of what the study "a table" asks of "trial" in the project "own rule"
    And the researcher at genomics-england has that output taken for release, declared as "" and named ""
    And the first member at genomics-england tries to approve that output
    Then it is refused as "not-this-stages-turn"
    And the checker at genomics-england approves that output
    And the attempt left an audit entry and no effect
    And that output waits for the release-committee, in stage 2 of 2
    When the first member at genomics-england approves that output
    And the second member at genomics-england approves that output
    Then that output is published

  @SC-OWN-health-data-hub @REQ-SATRE-1.1 @REQ-EHDS-68 @layer:legal @safe:projects @kind:negative
  Scenario: Two authorities decide in order, and a workspace opens after the second
    Given the environments
      | site            | profile         | name            | country | dataset | file             | holds                     |
      | health-data-hub | health-data-hub | Health Data Hub | FR      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of health-data-hub sign in from the address 127.0.8.7
    And health-data-hub has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at health-data-hub
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site            | person    | roles                     |
      | health-data-hub | scientist | scientific-committee      |
      | health-data-hub | authority | data-protection-authority |
    When the researcher at health-data-hub applies for the project "own rule" to compute count of menopause in
      | site            | dataset |
      | health-data-hub | trial   |
    And the authority at health-data-hub tries to decide on the project "own rule" for the data-protection-authority
    Then it is refused as "not-this-bodys-turn"
    And the scientist at health-data-hub decides positively on the project "own rule" for the scientific-committee, and is heard
    And the attempt left an audit entry and no effect
    And nothing of the project "own rule" is permitted or provisioned at health-data-hub yet
    When the authority at health-data-hub decides positively on the project "own rule" for the data-protection-authority
    Then health-data-hub grants a permit for the project "own rule" and provisions a workspace

  @SC-OWN-health-data-hub-import @REQ-SATRE-3.1 @layer:organisational @safe:data @kind:positive
  Scenario: A project brings in a lookup table, which another person reviews and an analysis uses
    Given the environments
      | site            | profile         | name            | country | dataset   | file             | holds                     |
      | health-data-hub | health-data-hub | Health Data Hub | FR      | code-list | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of health-data-hub sign in from the address 127.0.8.7
    And health-data-hub has a researcher, a data manager and everybody whom its policy asks for
    And the trial "code-list" is described at health-data-hub
    And the researcher at health-data-hub is permitted the project "own rule" to compute count of menopause in "code-list"
    When the researcher at health-data-hub brings the lookup table "stages of life" to the door, for the project "own rule"
      """
      menopause,stage-of-life
      before,"fertile"
      during,"changing"
      after,"past"
      """
    And the researcher at health-data-hub tries to approve the lookup table "stages of life"
    Then it is refused as "role-missing"
    And the first output-checker at health-data-hub approves the lookup table "stages of life", and the workspace takes it in
    And the attempt left an audit entry and no effect
    Given the study "by stage of life" computes
      | kind  | by            |
      | count | stage-of-life |
    And the study "by stage of life" first prepares
      | step   | concept   | lookup         | as            |
      | recode | menopause | stages of life | stage-of-life |
    When the researcher at health-data-hub has an output of what the study "by stage of life" asks of "code-list" in the project "own rule"
    Then that output tells that the lookup table "stages of life" was used
    When the researcher at health-data-hub has that output taken for release, declared as "" and named ""
    And the first output-checker at health-data-hub approves that output
    Then that output is published
    And it counts 1670 people of "past", as the researcher at health-data-hub reads

  @SC-OWN-molgenis @REQ-SATRE-3.3 @layer:organisational @safe:outputs @kind:positive
  Scenario: The filter's settings are published, and what falls under the site's own is refused
    Given the environments
      | site     | profile  | name     | country | dataset | file             | holds                     |
      | molgenis | molgenis | Molgenis | NL      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of molgenis sign in from the address 127.0.8.7
    And molgenis has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at molgenis
    And the researcher at molgenis is permitted the project "own rule" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and positive-nodes in "trial"
    Then the policy of molgenis tells the rule set "datashield" with the settings
      | name           | value |
      | nfilter.tab    | 5     |
      | nfilter.subset | 5     |
      | nfilter.glm    | 0.33  |
      | nfilter.string | 80    |
    When the researcher at molgenis counts "trial" by "positive-nodes" in the project "own rule" and asks to release the table
    Then it is refused as "cell-under-threshold"
    And a table by "menopause" of the researcher at molgenis in the project "own rule" passes the check there
    And the attempt left an audit entry and no effect

  @SC-OWN-opensafely @REQ-SATRE-3.3 @safe:outputs @kind:positive
  Scenario: Two who do not see each other review, and numbers leave rounded
    Given the environments
      | site       | profile    | name                      | country | dataset | file             | holds                     |
      | opensafely | opensafely | OpenSAFELY-like reference | GB      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of opensafely sign in from the address 127.0.8.7
    And opensafely has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at opensafely
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site       | person        | roles          |
      | opensafely | one checker   | output-checker |
      | opensafely | other checker | output-checker |
    And the study "a table" computes
      | kind  | by        |
      | count | menopause |
    And the researcher at opensafely is permitted the project "own rule" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the researcher at opensafely has an output of what the study "a table" asks of "trial" in the project "own rule"
    And the researcher at opensafely has that output taken for release, declared as "" and named ""
    And the one checker at opensafely approves that output
    Then of the first review neither reviewer nor decision is told
    When the other checker at opensafely approves that output
    Then that output is published
    And every number of people in it is a multiple of 5, as the researcher at opensafely reads

  @SC-OWN-openvre @REQ-SATRE-3.1 @layer:technical @safe:settings @kind:positive
  Scenario: Jobs wait in a queue, and one runs after the other
    Given the environments
      | site    | profile | name    | country | dataset | file             | holds                     |
      | openvre | openvre | openVRE | ES      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of openvre sign in from the address 127.0.8.7
    And openvre has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at openvre
    And the study "a table" computes
      | kind  | by        |
      | count | menopause |
    And the researcher at openvre is permitted the project "own rule" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    And openvre is to be held when its job runs
    When the researcher at openvre runs what the study "a table" asks of "trial" in the project "own rule"
    And openvre has come so far that its job runs
    And the researcher at openvre runs what the study "a table" asks of "trial" in the project "own rule"
    And the researcher at openvre asks how many people "trial" holds with "menopause = after", and is told 1670
    Then the second job has not begun while the first runs
    When openvre goes on
    Then the second job begins after the first has ended

  @SC-OWN-securevre @REQ-SATRE-3.3 @safe:settings @kind:negative
  Scenario: A tool runs if the registry has its digest, and no other does
    Given the environments
      | site      | profile   | name      | country | dataset | file             | holds                     |
      | securevre | securevre | SecureVRE | ES      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of securevre sign in from the address 127.0.8.7
    And securevre has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at securevre
    And the study "a test" computes
      | kind     | time            | event      | arm             |
      | log-rank | recurrence-time | recurrence | hormone-therapy |
    And the study "a model" computes
      | kind                | outcome    | covariates |
      | logistic-regression | recurrence | age        |
    And the researcher at securevre is permitted the project "own rule" to compute log-rank and logistic-regression of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the researcher at securevre tries to run what the study "a test" asks of "trial" in the project "own rule"
    Then it is refused as "tool-unknown"
    And the researcher at securevre runs what the study "a model" asks of "trial" in the project "own rule"
    And the attempt left an audit entry and no effect

  @SC-OWN-securevre-crate @REQ-SATRE-3.3 @layer:semantic @safe:outputs @kind:positive
  Scenario: A request comes as a Five Safes crate, and its released result goes as one
    Given the environments
      | site      | profile   | name      | country | dataset | file             | holds                     |
      | securevre | securevre | SecureVRE | ES      | crated  | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of securevre sign in from the address 127.0.8.7
    And securevre has a researcher, a data manager and everybody whom its policy asks for
    And the trial "crated" is described at securevre
    And the study "a test" computes
      | kind     | time            | event      | arm             |
      | log-rank | recurrence-time | recurrence | hormone-therapy |
    And the study "a model" computes
      | kind                | outcome    | covariates |
      | logistic-regression | recurrence | age        |
    And the researcher at securevre is permitted the project "crates" to compute log-rank and logistic-regression of recurrence-time, recurrence, hormone-therapy, menopause and age in "crated"
    When the researcher at securevre tries to ask by a crate what the study "a test" asks of "crated" in the project "crates"
    Then it is refused as "tool-unknown"
    And the researcher at securevre has an output of what a crate asks, that of the study "a model" of "crated" in the project "crates"
    And the attempt left an audit entry and no effect
    When the researcher at securevre has that output taken for release, declared as "" and named ""
    And the first output-checker at securevre approves that output
    Then that output is published
    And the researcher at securevre has it as a crate, which tells of the request, the permit, the review and the same bytes

  @SC-OWN-sensitive-cloud @REQ-SATRE-3.2 @safe:people @kind:negative
  Scenario: From outside the network nobody comes in, and whom the group outside removes is out
    Given the environments
      | site            | profile         | name            | country | dataset | file             | holds                     |
      | sensitive-cloud | sensitive-cloud | Sensitive Cloud | CZ      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of sensitive-cloud sign in from the address 127.0.8.7
    And sensitive-cloud has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at sensitive-cloud
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site            | person          | roles           |
      | sensitive-cloud | membership feed | membership-feed |
      | sensitive-cloud | visitor         | researcher      |
    And the visitor at sensitive-cloud is permitted the project "own rule" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the visitor at sensitive-cloud tries to sign in from the address 127.0.9.7
    Then it is refused as "address-not-allowed"
    And the visitor at sensitive-cloud signs in from the address 127.0.8.7 and is let in
    And the attempt left an audit entry and no effect
    When the group outside sensitive-cloud says that the visitor there belongs to it no longer
    Then the access of the visitor at sensitive-cloud has ended

  @SC-OWN-thl @REQ-EHDS-68 @layer:legal @safe:data @kind:positive
  Scenario: A holder without a workspace decides, and its data are used where they are hosted
    Given the environments
      | site    | profile | name                | country | dataset   | file             | holds                                       |
      | findata | findata | Findata and Kapseli | FI      | registers | rotterdam.csv.gz | a trial of 2,982 patients                   |
      | thl     | thl     | THL                 | FI      |           |                  | the registers' holder, who decides; no data |
    And the people of findata sign in from the address 127.0.8.7
    And the people of thl sign in from the address 127.0.8.7
    And findata has a researcher, a data manager and everybody whom its policy asks for
    And thl has a researcher, a data manager and everybody whom its policy asks for
    And thl runs no workspace and no airlock
    And the trial "registers" is described at thl
    And the record "registers" at thl says that the data lie at findata
    And the data manager at findata publishes the dataset "registers" of "thl", titled "Registers of thl, hosted here", with the dictionary
      | concept   | column | type     | levels                |
      | menopause | meno   | category | 0 = before, 1 = after |
    When the researcher at findata applies for the project "registers" to compute count of menopause in
      | site | dataset   |
      | thl  | registers |
    And everybody at thl whom its policy asks decides positively on the project "registers"
    Then thl grants a permit for the project "registers", by which findata, the host of its data, provisions a workspace

  @SC-OWN-trust @REQ-SATRE-1.1 @REQ-EHDS-68 @layer:legal @safe:projects @kind:positive
  Scenario: Industry needs two approvals more, and without either there is no workspace
    Given the environments
      | site  | profile | name  | country | dataset | file             | holds                     |
      | trust | trust   | TRUST | SG      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of trust sign in from the address 127.0.8.7
    And trust has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at trust
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site  | person           | roles                 |
      | trust | committee member | data-access-committee |
      | trust | official         | ministry              |
      | trust | contributor      | data-contributor      |
    And the project "industry" asks for the terms
      | term    | value    |
      | partner | industry |
      | sponsor | acme     |
    When the researcher at trust applies for the project "industry" to compute count of menopause in
      | site  | dataset |
      | trust | trial   |
    And the committee member at trust decides positively on the project "industry" for the data-access-committee
    Then nothing of the project "industry" is permitted or provisioned at trust yet
    When the official at trust decides positively on the project "industry" for the ministry
    Then nothing of the project "industry" is permitted or provisioned at trust yet
    When the contributor at trust decides positively on the project "industry" for the data-contributor
    Then trust grants a permit for the project "industry" and provisions a workspace

  @SC-OWN-tsd @REQ-SATRE-3.3 @safe:outputs @kind:negative
  Scenario: Only the export group takes out, under a name of the form that the site allows
    Given the environments
      | site | profile | name | country | dataset | file             | holds                     |
      | tsd  | tsd     | TSD  | NO      | trial   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of tsd sign in from the address 127.0.8.7
    And tsd has a researcher, a data manager and everybody whom its policy asks for
    And the trial "trial" is described at tsd
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site | person   | roles      |
      | tsd  | newcomer | researcher |
    And the study "a table" computes
      | kind  | by        |
      | count | menopause |
    And the newcomer at tsd is permitted the project "own rule" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "trial"
    When the newcomer at tsd has an output of what the study "a table" asks of "trial" in the project "own rule"
    And the newcomer at tsd tries to have that output released, declared as "" and named "table.json"
    Then it is refused as "role-missing"
    When the officer at tsd also gives the newcomer there the role "export-group"
    And the newcomer at tsd has that output taken for release, declared as "" and named "table.json"
    Then the attempt left an audit entry and no effect
    When the newcomer at tsd has an output of what the study "a table" asks of "trial" in the project "own rule"
    And the newcomer at tsd tries to have that output released, declared as "" and named "Table.json"
    Then it is refused as "name-not-allowed"
    And the newcomer at tsd has that output taken for release, declared as "" and named "table.json"
    And the attempt left an audit entry and no effect

  @SC-OWN-tsd-end @REQ-SATRE-3.1 @layer:organisational @safe:data @kind:negative
  Scenario: A workspace ends for good, and its data go three months after
    Given the environments
      | site | profile | name | country | dataset | file             | holds                     |
      | tsd  | tsd     | TSD  | NO      | ended   | rotterdam.csv.gz | a trial of 2,982 patients |
    And the people of tsd sign in from the address 127.0.8.7
    And tsd has a researcher, a data manager and everybody whom its policy asks for
    And the trial "ended" is described at tsd
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site | person | roles      |
      | tsd  | guest  | researcher |
    And the study "a table" computes
      | kind  | by        |
      | count | menopause |
    And the guest at tsd is permitted the project "to end" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "ended"
    And the guest at tsd has an output of what the study "a table" asks of "ended" in the project "to end"
    When the guest at tsd closes the workspace of the project "to end" there
    Then the workspace of the project "to end" at tsd is closed, and what was left is to be deleted 3 months after
    When the guest at tsd is permitted the project "to go on" to compute count of recurrence-time, recurrence, hormone-therapy, menopause and age in "ended"
    And the guest at tsd tries to run what the study "a table" asks of "ended" in the project "to end"
    Then it is refused as "workspace-closed"
    And the guest at tsd runs what the study "a table" asks of "ended" in the project "to go on"
    And the attempt left an audit entry and no effect
