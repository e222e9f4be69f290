package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

type verdict struct {
	Origin   string  `json:"origin"`
	Size     int64   `json:"size"`
	Entries  int64   `json:"entries"`
	Cosigned int     `json:"verified_signatures"`
	Seconds  float64 `json:"seconds"`
	Verified bool    `json:"verified"`
}

// judgeLog reads a folder of a log's static files with torchwood's client under a policy: every entry, authenticated against the
// checkpoint's root, whose signatures must satisfy the policy.
func judgeLog(args []string) error {
	flags := flag.NewFlagSet("log", flag.ExitOnError)
	policyFile := flags.String("policy", "", "policy file (c2sp.org/tlog-policy)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *policyFile == "" {
		usage()
	}
	text, err := os.ReadFile(*policyFile)
	if err != nil {
		return err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	started := time.Now()
	tiles, err := torchwood.NewTileFS(os.DirFS(flags.Arg(0)))
	if err != nil {
		return err
	}
	ctx := context.Background()
	signed, err := tiles.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return err
	}
	checkpoint, opened, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		return err
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		return err
	}
	result := verdict{Origin: checkpoint.Origin, Size: checkpoint.N, Cosigned: len(opened.Sigs)}
	for index := range client.AllEntries(ctx, tlog.Tree{N: checkpoint.N, Hash: checkpoint.Hash}, 0) {
		if index != result.Entries {
			return fmt.Errorf("entry %d came where %d was due", index, result.Entries)
		}
		result.Entries++
	}
	if err := client.Err(); err != nil {
		return err
	}
	if result.Entries != checkpoint.N {
		return fmt.Errorf("%d entries of %d", result.Entries, checkpoint.N)
	}
	result.Seconds = time.Since(started).Seconds()
	result.Verified = true
	return json.NewEncoder(os.Stdout).Encode(result)
}
