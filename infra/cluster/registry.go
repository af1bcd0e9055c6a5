package main

import (
	"fmt"
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/token"                // for a registry that demands tokens
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem" // where the images lie
)

// ociRegistry keeps images as `registry serve CONFIG`.
func ociRegistry() int {
	if err := registry.RootCmd.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		return 1
	}
	return 0
}
