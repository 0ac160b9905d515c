// Package contracts is the root of the one language that crosses service boundaries; its packages hold it.
package contracts

//go:generate go run ./internal/generate
