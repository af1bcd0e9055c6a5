package main

import (
	"io"
	"os"
	"syscall"
	"time"
)

const (
	// exitWithStdinVariable is set by infra/local for the servers, never for kubectl.
	exitWithStdinVariable = "SLIPWAY_EXIT_WITH_STDIN"
	// exitGrace is how long a server may take to stop politely.
	exitGrace = 5 * time.Second
)

// exitWithStdin ends the process soon after its standard input does. The parent holds
// the other end of that pipe and the kernel closes it however the parent ends, kill -9
// included, so that no server outlives the stack that started it.
func exitWithStdin() {
	if os.Getenv(exitWithStdinVariable) != "1" {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(exitGrace)
		os.Exit(1)
	}()
}
