package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// keyBits is what the tokens' RS256 asks for at least.
const keyBits = 2048

// keypair writes a new RSA key pair: `keypair PRIVATE PUBLIC`, both PEM, PKCS #8 and PKIX.
func keypair() int {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: keypair PRIVATE PUBLIC")
		return 2
	}
	if err := writeKeypair(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "keypair:", err)
		return 1
	}
	return 0
}

func writeKeypair(private, public string) error {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	privatePEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER})
	if err := os.WriteFile(private, privatePEM, 0o600); err != nil {
		return err
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})
	return os.WriteFile(public, publicPEM, 0o644)
}
