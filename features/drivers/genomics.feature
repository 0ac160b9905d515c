@driver @genomics
Feature: Which genotypes go with a disease, in cohorts of two ancestries that may not be put together
  Two environments in two countries each hold the genotypes of one cohort of cases and controls, and two more hold parts of
  a reference panel. No genotype leaves. Each environment computes its own frequencies and associations; the host combines
  what was released, allele by allele. What few people carry is not told, neither as a count nor as a frequency.

  @SC-GEN-001 @REQ-SATRE-3.2 @REQ-SATRE-1.4 @layer:semantic @safe:people @safe:data @kind:positive
  Scenario: The environments of the genotypes open
    Given the environments
      | site             | name             | country | dataset | file                                      | rows              | holds                                      | sign-in                   | analyses                 |
      | genomics-england | Genomics England | GB      | ceu     | ceu.bed.gz, chr10.bim.gz, ceu.fam.gz      |                   | cases and controls, CEU, 494 people        | second factor within 12 h | aggregate functions only |
      | trust            | TRUST            | SG      | jpt-chb | jpt_chb.bed.gz, chr10.bim.gz, jpt_chb.fam.gz |                | cases and controls, JPT and CHB, 506 people | second factor within 12 h | aggregate functions only |
      | securevre        | SecureVRE        | ES      | kgp-1   | 1kg.vcf.gz                                | samples 1 to 315  | 1000 Genomes, 315 people                   | second factor within 12 h | catalogued tools only    |
      | openvre          | openVRE          | ES      | kgp-2   | 1kg.vcf.gz                                | samples 316 to 629 | 1000 Genomes, 314 people                  | second factor within 12 h | catalogued tools only    |
    And every environment publishes its policy
    When the first identity officer of each environment enrols with its one-time code
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site             | person           | roles                 |
      | genomics-england | data manager     | data-manager          |
      | genomics-england | researcher       | researcher            |
      | genomics-england | committee member | access-committee      |
      | genomics-england | first checker    | output-checker        |
      | genomics-england | first member     | release-committee     |
      | genomics-england | second member    | release-committee     |
      | trust            | data manager     | data-manager          |
      | trust            | committee member | data-access-committee |
      | trust            | first checker    | output-checker        |
      | trust            | second checker   | output-checker        |
      | securevre        | data manager     | data-manager          |
      | securevre        | researcher       | researcher            |
      | securevre        | committee member | data-access-committee |
      | securevre        | checker          | output-checker        |
      | openvre          | data manager     | data-manager          |
      | openvre          | researcher       | researcher            |
      | openvre          | committee member | data-access-committee |
      | openvre          | checker          | output-checker        |
    Then the data manager at genomics-england publishes the dataset "ceu" of "genomics-england", titled "Cases and controls, CEU", with the dictionary
      | concept  | column    | type     | event value |
      | genotype | genotypes | genotype |             |
      | case     | phenotype | event    | 2           |
    And the data manager at trust publishes the dataset "jpt-chb" of "trust", titled "Cases and controls, JPT and CHB", with the dictionary
      | concept  | column    | type     | event value |
      | genotype | genotypes | genotype |             |
      | case     | phenotype | event    | 2           |
    And the data manager at securevre publishes the dataset "kgp-1" of "igsr", titled "1000 Genomes, first part", with the dictionary
      | concept  | column    | type     |
      | genotype | genotypes | genotype |
    And the data manager at openvre publishes the dataset "kgp-2" of "igsr", titled "1000 Genomes, second part", with the dictionary
      | concept  | column    | type     |
      | genotype | genotypes | genotype |

  @SC-GEN-002 @after:SC-GEN-001 @REQ-EHDS-77 @kind:positive
  Scenario: How many people carry a variant, rounded down, before anybody has a permit
    When the researcher at securevre asks how many people of "kgp-1" carry "2:10205 T>G", and is told 20
    And the researcher at openvre asks how many people of "kgp-2" carry "2:10205 T>G", and is told 20

  @SC-GEN-003 @after:SC-GEN-001 @REQ-EHDS-77 @safe:outputs @kind:negative
  Scenario: Of a variant that three people carry, and of one that nobody does, the same is told
    When the researcher at openvre asks how many people of "kgp-2" carry "2:10363 G>A", and is told that they are too few to tell
    And the researcher at securevre asks how many people of "kgp-1" carry "2:10363 G>A", and is told that they are too few to tell

  @SC-GEN-008 @after:SC-GEN-001 @REQ-EHDS-77 @REQ-SATRE-5.6 @layer:organisational @kind:positive
  Scenario: One question to several sites, each of which answers by its own policy
    When the researcher at securevre asks several sites whether there are enough people who carry "2:10205 T>G", and is told
      | site      | dataset | told   |
      | securevre | kgp-1   | enough |
      | openvre   | kgp-2   | enough |
    And the researcher at securevre asks several sites how many people carry "2:10205 T>G", and is told
      | site      | dataset | told | of  |
      | securevre | kgp-1   | 20   | 300 |
      | openvre   | kgp-2   | 20   | 300 |
      | all       |         | 40   |     |
    And the researcher at securevre asks several sites how many people carry "10:2075671 C>T", and is told
      | site             | dataset | told                                      |
      | genomics-england | ceu     | enough                                    |
      | trust            | jpt-chb | nothing, because of discovery-not-offered |
      | openvre          | kgp-2   | too few                                   |

  @SC-GEN-009 @after:SC-GEN-001 @REQ-EHDS-77 @REQ-SATRE-3.3 @safe:outputs @kind:negative
  Scenario: Three carriers at one site follow neither from what is told, nor from a sum
    When the researcher at securevre asks several sites whether there are enough people who carry "2:10363 G>A", and is told
      | site      | dataset | told    |
      | securevre | kgp-1   | too few |
      | openvre   | kgp-2   | too few |
    And the researcher at securevre asks several sites how many people carry "2:10363 G>A", and is told
      | site      | dataset | told    | of |
      | securevre | kgp-1   | too few |    |
      | openvre   | kgp-2   | too few |    |
    And the researcher at openvre asks several sites how many people carry "2:10363 G>A", and is told
      | site      | dataset | told    | of |
      | openvre   | kgp-2   | too few |    |
      | securevre | kgp-1   | too few |    |

  @SC-GEN-010 @after:SC-GEN-001 @REQ-EHDS-77 @REQ-SATRE-3.2 @safe:people @kind:negative
  Scenario: Who has neither training nor agreement is told less, or nothing
    Given these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site      | person    | roles      | without             |
      | securevre | passer-by | researcher | training, agreement |
    When the passer-by at securevre asks several sites how many people carry "2:10205 T>G", and is told
      | site      | dataset | told                                 |
      | securevre | kgp-1   | nothing, because of training-missing |
      | openvre   | kgp-2   | enough                               |
    And the passer-by at securevre asks several sites how many people carry "2:10363 G>A", and is told
      | site      | dataset | told                                 |
      | securevre | kgp-1   | nothing, because of training-missing |
      | openvre   | kgp-2   | too few                              |

  @SC-GEN-011 @after:SC-GEN-001 @REQ-EHDS-77 @REQ-SATRE-3.3 @safe:outputs @kind:negative
  Scenario: Asking again and in parts tells no more, and ends with the day's budget
    Given these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site    | person             | roles      |
      | openvre | curious researcher | researcher |
    When the curious researcher at openvre asks how many people of "kgp-2" carry each of these, and is told
      | variant       | told                                |
      | 2:10205 T>G   | 20                                  |
      | 2:10205 T>G   | 20                                  |
      | 2:10205 G>T   | 300                                 |
      | 2:10363 G>A   | too few                             |
      | 2:10363 G>A   | too few                             |
      | 2:10363 A>G   | 240                                 |
      | 2:10038 C>A   | too few                             |
      | 2:10075 C>A   | too few                             |
      | 2:10144 C>A   | too few                             |
      | 2:10159 C>A   | too few                             |
      | 2:10297 G>T   | 130                                 |
      | 2:10437 C>T   | 80                                  |
      | 2:10587 C>G   | nothing, because of question-budget |
      | 2:10205 T>G   | 20                                  |
      | 2:10595 C>G   | nothing, because of question-budget |
    And the curious researcher at openvre asks several sites how many people carry "2:10595 C>G", and is told
      | site      | dataset | told                                |
      | openvre   | kgp-2   | nothing, because of question-budget |
      | securevre | kgp-1   | too few                             |

  @SC-GEN-007 @after:SC-GEN-001 @REQ-SATRE-3.3 @REQ-EHDS-73 @layer:semantic @kind:positive
  Scenario: How many of the people whose genotype is known carry it, under a permit
    When the researcher at securevre applies for the project "carriers" to compute count of genotype in
      | site      | dataset |
      | securevre | kgp-1   |
      | openvre   | kgp-2   |
    And the committee member at securevre decides positively on the project "carriers" for the data-access-committee
    And the committee member at openvre decides positively on the project "carriers" for the data-access-committee
    Then securevre grants a permit for the project "carriers" and provisions a workspace
    And openvre grants a permit for the project "carriers" and provisions a workspace
    Given the study "carriers" asks: How many people in two parts of a reference panel carry the allele G at 2:10205?
    And the study "carriers" first prepares
      | step   | variant     | allele | where         | as     |
      | dosage | 2:10205:T:G | G      |               | copies |
      | derive |             |        | copies over 0 | carrier |
    And the study "carriers" computes
      | kind  | by      | combined |
      | count | carrier | pooled   |
    When the researcher at securevre opens the study "carriers" in the project "carriers", to be answered within 300 seconds by
      | site      | dataset |
      | securevre | kgp-1   |
      | openvre   | kgp-2   |
    And the reviewers of all sites approve what they are asked for the study "carriers"
    Then the study "carriers" completes as "Completed" with the manifest
      | site      | outcome  | reason |
      | securevre | returned |        |
      | openvre   | returned |        |
    And the researcher at securevre fetches the result of the study "carriers"
    And the result of the study "carriers" tells, to 1e-8 relative
      | quantity | of            | answer |
      | people   | carrier = yes | 48     |
      | people   | carrier = no  | 554    |

  @SC-GEN-012 @after:SC-GEN-007 @REQ-SATRE-3.3 @safe:settings @kind:negative
  Scenario: What is not in the registry of tools does not run, whatever is permitted
    Given the study "mean of copies" asks: How many copies of the allele do people carry on average?
    And the study "mean of copies" first prepares
      | step   | variant     | allele | as     |
      | dosage | 2:10205:T:G | G      | copies |
    And the study "mean of copies" computes
      | kind    | measure | combined |
      | summary | copies  | pooled   |
    When the researcher at securevre opens the study "mean of copies" in the project "carriers", to be answered within 300 seconds by
      | site      | dataset |
      | securevre | kgp-1   |
      | openvre   | kgp-2   |
    Then openvre refuses its part of the study "mean of copies" as "tool-unknown"
    And the study "mean of copies" completes as "Failed" with the manifest
      | site      | outcome | reason       |
      | securevre | refused | tool-unknown |
      | openvre   | refused | tool-unknown |

  @SC-GEN-004 @after:SC-GEN-001 @REQ-SATRE-1.1 @REQ-EHDS-68 @kind:positive
  Scenario: Both data holders permit the project
    When the researcher at genomics-england applies for the project "chromosome 10" to compute allele-frequency, association and polygenic-score of genotype and case in
      | site             | dataset |
      | genomics-england | ceu     |
      | trust            | jpt-chb |
    And the committee member at genomics-england decides positively on the project "chromosome 10" for the access-committee
    And the committee member at trust decides positively on the project "chromosome 10" for the data-access-committee
    Then genomics-england grants a permit for the project "chromosome 10" and provisions a workspace
    And trust grants a permit for the project "chromosome 10" and provisions a workspace

  @SC-GEN-005 @after:SC-GEN-004 @REQ-SATRE-3.3 @REQ-EHDS-73 @layer:semantic @kind:positive
  Scenario: Which of 28,501 variants goes with the disease in both cohorts?
    Given the study "association" asks: Which variant of chromosome 10 goes with the disease in both cohorts?
    And the study "association" computes
      | kind        | outcome | combined |
      | association | case    | per-site |
    When the researcher at genomics-england opens the study "association" in the project "chromosome 10", to be answered within 300 seconds by
      | site             | dataset |
      | genomics-england | ceu     |
      | trust            | jpt-chb |
    And the reviewers of all sites approve what they are asked for the study "association"
    Then the study "association" completes as "Completed" with the manifest
      | site             | outcome  | reason |
      | genomics-england | returned |        |
      | trust            | returned |        |
    And the researcher at genomics-england fetches the result of the study "association"
    And the result of the study "association" tells, to 1e-6 relative
      | quantity  | of       | at               | answer        |
      | beta of C | rs870041 | genomics-england | -0.324258     |
      | se        | rs870041 | genomics-england | 0.133843      |
      | p         | rs870041 | genomics-england | 0.0154066     |
      | beta of C | rs870041 | trust            | -0.678304     |
      | se        | rs870041 | trust            | 0.128124      |
      | beta of C | rs870041 |                  | -0.5090061751 |
      | se        | rs870041 |                  | 0.09255312699 |
    And the result of the study "association" tells, to 1e-4 relative
      | quantity | of       | at | answer       |
      | p        | rs870041 |    | 3.806305e-08 |
    And the result of the study "association" tells, to 1e-2 relative
      | quantity | of | at | answer |
      | lambda   |    |    | 0.993  |
    And the result of the study "association" does not tell of
      | quantity | of         | at |
      | p        | rs11250741 |    |
      | p        | rs17294019 |    |

  @SC-GEN-006 @after:SC-GEN-004 @REQ-SATRE-3.3 @layer:semantic @kind:positive
  Scenario: How often is each allele, and how does a score of six alleles lie in cases and controls?
    Given the study "frequencies and a score" asks: How often is each allele, and what is the mean of a score of six alleles in cases and controls?
    And the study "frequencies and a score" computes
      | kind             | by   | combined |
      | allele-frequency |      | per-site |
      | polygenic-score  | case |          |
    And the study "frequencies and a score" weighs the alleles
      | variant    | allele | weight    |
      | rs870041   | C      | -0.509001 |
      | rs10882596 | T      | 0.453175  |
      | rs7085895  | G      | 0.400225  |
      | rs11596495 | A      | -0.531662 |
      | rs17668255 | T      | 0.468033  |
      | rs12762312 | T      | -0.364992 |
    When the researcher at genomics-england opens the study "frequencies and a score" in the project "chromosome 10", to be answered within 300 seconds by
      | site             | dataset |
      | genomics-england | ceu     |
      | trust            | jpt-chb |
    And the reviewers of all sites approve what they are asked for the study "frequencies and a score"
    Then the study "frequencies and a score" completes as "Completed" with the manifest
      | site             | outcome  | reason |
      | genomics-england | returned |        |
      | trust            | returned |        |
    And the researcher at genomics-england fetches the result of the study "frequencies and a score"
    And the result of the study "frequencies and a score" tells, to 1e-8 relative
      | quantity            | of         | at               | answer           |
      | people with a score | case = no  | genomics-england | 212              |
      | mean score          | case = no  | genomics-england | -0.1448275471698 |
      | people with a score | case = yes | genomics-england | 251              |
      | mean score          | case = yes | genomics-england | 0.3181959920319  |
      | people with a score | case = no  | trust            | 261              |
      | mean score          | case = no  | trust            | -0.6003870804598 |
      | people with a score | case = yes | trust            | 220              |
      | mean score          | case = yes | trust            | -0.1107516772727 |
    And the result of the study "frequencies and a score" tells, to 1e-5 relative
      | quantity       | of         | at               | answer   |
      | frequency of C | rs870041   | genomics-england | 0.436345 |
      | frequency of C | rs870041   | trust            | 0.526839 |
      | frequency of C | rs10882596 | genomics-england | 0.562245 |
      | frequency of C | rs10882596 | trust            | 0.351594 |
      | frequency of A | rs7085895  | genomics-england | 0.715746 |
      | frequency of A | rs7085895  | trust            | 0.787849 |
    And the result of the study "frequencies and a score" does not tell of
      | quantity       | of         | at               |
      | frequency of C | rs11250741 | genomics-england |
      | frequency of C | rs11250741 |                  |
      | frequency of C | rs17294019 | trust            |
