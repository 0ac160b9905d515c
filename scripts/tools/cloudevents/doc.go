// Package cloudevents holds our codec against the official CloudEvents SDK for Go. It is a module of its own so that
// nobody who uses the contracts takes the SDK along.
package cloudevents
