package app

import (
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study/combine"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// records follows what the site's catalog publishes of its datasets: which words a result may say is known from there.
func (g *gateway) records() {
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p catalog.DatasetPublished) error {
		return describe(tx, p.DatasetID, p.Dictionary)
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p catalog.DatasetUpdated) error {
		return describe(tx, p.DatasetID, p.Dictionary)
	})
}

// describe keeps the levels of a record beside those of its earlier versions: a job is answered by the record that it was
// taken with.
func describe(tx *run.Tx, dataset string, dictionary []vocabulary.Variable) error {
	labels, found, err := described.Get(tx.Tx, dataset)
	if err != nil {
		return err
	}
	if !found {
		labels = border.Labels{}
	}
	labels.Describe(dictionary)
	tx.Wake(recordOf(dataset))
	return described.Put(tx.Tx, dataset, labels)
}

func recordOf(dataset string) string { return "record/" + dataset }

// labelsOf are the levels that may be in the answer of a job: those of the records of what it reads, and of its steps.
// It waits for the records, which the catalog published before the workspace could read the data.
func labelsOf(tx *run.Tx, j job) (border.Labels, error) {
	all, datasets := border.Labels{}, []string{j.DatasetID}
	for _, p := range j.Prepare {
		if p.Dataset != "" {
			datasets = append(datasets, p.Dataset)
		}
	}
	for _, dataset := range datasets {
		labels, found, err := described.Get(tx.Tx, dataset)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, run.AwaitFact(recordOf(dataset), border.LabelUnknown)
		}
		for concept, of := range labels {
			of.Names = append(of.Names, all[concept].Names...)
			all[concept] = of
		}
	}
	all.Prepare(j.Prepare)
	return all, nil
}

// heldTo refuses a result of this site that does not answer its job, or says what was not known before: whoever has the
// workspace, or the airlock too, could write to the host in it.
func heldTo(tx *run.Tx, j job, bytes []byte) error {
	if err := combine.Answers(j.Analyses, bytes, nil); err != nil {
		return run.Refuse(border.AnswerInvalid, "%v", err)
	}
	labels, err := labelsOf(tx, j)
	if err != nil {
		return err
	}
	return saysWhatIsKnown(labels, bytes, j.DatasetID, j.Analyses)
}

func saysWhatIsKnown(labels border.Labels, bytes []byte, dataset string, asked []vocabulary.Analysis) error {
	document, err := outputs.Decode(bytes)
	if err != nil {
		return run.Refuse(border.NotCanonical, "the bytes are no typed output document")
	}
	return refusal(labels.Check(document, dataset, asked))
}
