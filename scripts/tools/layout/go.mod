module github.com/fairway-tre/fairway/scripts/tools/layout

go 1.26.0
