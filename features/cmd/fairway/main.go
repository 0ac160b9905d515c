// Command fairway is everything in one program: it makes and runs sites and federations, and plays studies over them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if c, err := root().ExecuteContextC(ctx); err != nil {
		fmt.Fprintln(os.Stderr, complaint(c, err))
		os.Exit(exitCode(err))
	}
}
