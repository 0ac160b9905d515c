// Command fairway is everything in one program: it makes and runs sites and federations, and plays studies over them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// garbage is how much of it may gather, in percent of what lives: a site keeps some tens of megabytes alive, and half as
// much again saves a tenth of its processor time. GOGC says otherwise.
const garbage = 150

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	program, told := root(), &harmless{to: os.Stderr}
	program.SetOut(&harmless{to: os.Stdout})
	program.SetErr(told)
	if c, err := program.ExecuteContextC(ctx); err != nil {
		fmt.Fprintln(told, complaint(c, err))
		os.Exit(exitCode(err))
	}
}
