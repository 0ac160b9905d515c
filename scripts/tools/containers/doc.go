// Package containers runs the suites of this repository on servers in containers, by testcontainers-go. It is a module of
// its own, outside the workspace, so that nothing of the product needs an engine of containers.
package containers
