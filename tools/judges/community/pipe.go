package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The line protocol is that of the driver beside this one: a word and hex arguments; "ok" and a meaning, or "no" and a reason.
var verbs = map[string]func(args [][]byte) (string, error){
	"formats-checkpoint":   answerFormatsCheckpoint,
	"torchwood-checkpoint": answerTorchwoodCheckpoint,
	"formats-cosigner":     answerFormatsCosigner,
	"torchwood-cosigner":   answerTorchwoodCosigner,
	"formats-cosigned":     answerFormatsCosigned,
	"torchwood-cosigned":   answerTorchwoodCosigned,
	"torchwood-path":       answerPath,
	"torchwood-bundle":     answerBundle,
	"torchwood-policy":     answerPolicy,
	"torchwood-proof":      answerTorchwoodProof,
	"formats-proof":        answerFormatsProof,
}

func answerPipe(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	answers := bufio.NewWriterSize(out, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return answers.Flush()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		fmt.Fprintln(answers, answer(strings.TrimSuffix(line, "\n")))
		if lines.Buffered() == 0 {
			if err := answers.Flush(); err != nil {
				return err
			}
		}
	}
}

func answer(line string) (out string) {
	defer func() {
		if crash := recover(); crash != nil {
			out = fmt.Sprintf("crash %v", crash)
		}
	}()
	words := strings.Split(line, " ")
	judge, known := verbs[words[0]]
	if !known {
		return "error unknown word " + words[0]
	}
	args := make([][]byte, len(words)-1)
	for i, word := range words[1:] {
		if word == "-" {
			continue
		}
		arg, err := hex.DecodeString(word)
		if err != nil {
			return "error " + err.Error()
		}
		args[i] = arg
	}
	meaning, err := judge(args)
	if err != nil {
		return "no " + strconv.Quote(err.Error())
	}
	return "ok " + meaning
}

func digest(parts ...[]byte) string {
	hash := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write(part)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

func answerFormatsCheckpoint(args [][]byte) (string, error) {
	var checkpoint log.Checkpoint
	if _, err := checkpoint.Unmarshal(args[0]); err != nil {
		return "", err
	}
	return digest([]byte(checkpoint.Origin), []byte(strconv.FormatUint(checkpoint.Size, 10)), checkpoint.Hash), nil
}

func answerTorchwoodCheckpoint(args [][]byte) (string, error) {
	checkpoint, err := torchwood.ParseCheckpoint(string(args[0]))
	if err != nil {
		return "", err
	}
	return digest([]byte(checkpoint.Origin), []byte(strconv.FormatInt(checkpoint.N, 10)), checkpoint.Hash[:]), nil
}

func answerFormatsCosigner(args [][]byte) (string, error) {
	verifier, err := fnote.NewVerifierForCosignatureV1(string(args[0]))
	if err != nil {
		return "", err
	}
	return digest([]byte(verifier.Name()), []byte(fmt.Sprintf("%08x", verifier.KeyHash()))), nil
}

func answerTorchwoodCosigner(args [][]byte) (string, error) {
	verifier, err := torchwood.NewCosignatureVerifier(string(args[0]))
	if err != nil {
		return "", err
	}
	return digest([]byte(verifier.Name()), []byte(fmt.Sprintf("%08x", verifier.KeyHash()))), nil
}

type timestampOf func(note.Signature) (string, error)

// cosigned opens a checkpoint with the log's key and one cosigner's: both must have signed.
func cosigned(logKey string, cosigner note.Verifier, signed []byte, timestamp timestampOf) (string, error) {
	verifier, err := note.NewVerifier(logKey)
	if err != nil {
		return "", err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier, cosigner))
	if err != nil {
		return "", err
	}
	if len(opened.Sigs) != 2 {
		return "", fmt.Errorf("%d of 2 signatures", len(opened.Sigs))
	}
	parts := [][]byte{[]byte(opened.Text)}
	for _, sig := range opened.Sigs {
		parts = append(parts, []byte(sig.Name), []byte(fmt.Sprintf("%08x", sig.Hash)))
		if sig.Name == cosigner.Name() && sig.Hash == cosigner.KeyHash() {
			at, err := timestamp(sig)
			if err != nil {
				return "", err
			}
			parts = append(parts, []byte(at))
		}
	}
	return digest(parts...), nil
}

func answerFormatsCosigned(args [][]byte) (string, error) {
	cosigner, err := fnote.NewVerifierForCosignatureV1(string(args[1]))
	if err != nil {
		return "", err
	}
	return cosigned(string(args[0]), cosigner, args[2], func(sig note.Signature) (string, error) {
		at, err := fnote.CoSigV1Timestamp(sig)
		return strconv.FormatInt(at.Unix(), 10), err
	})
}

func answerTorchwoodCosigned(args [][]byte) (string, error) {
	cosigner, err := torchwood.NewCosignatureVerifier(string(args[1]))
	if err != nil {
		return "", err
	}
	return cosigned(string(args[0]), cosigner, args[2], func(sig note.Signature) (string, error) {
		at, err := torchwood.CosignatureTimestamp(sig)
		return strconv.FormatInt(at, 10), err
	})
}

func answerPath(args [][]byte) (string, error) {
	t, err := torchwood.ParseTilePath(string(args[0]))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d/%d/%d", t.L, t.N, t.W), nil
}

func answerBundle(args [][]byte) (string, error) {
	if len(args[1]) != 8 {
		return "", errors.New("not a count")
	}
	count := binary.BigEndian.Uint64(args[1])
	rest := args[0]
	var entries [][]byte
	for uint64(len(entries)) < count {
		entry, after, err := torchwood.ReadTileEntry(rest)
		if err != nil {
			return "", err
		}
		entries = append(entries, entry)
		rest = after
	}
	if len(rest) > 0 {
		return "", errors.New("bytes after the last entry")
	}
	return digest(entries...), nil
}

func answerPolicy(args [][]byte) (string, error) {
	_, err := torchwood.ParsePolicy(args[0])
	return "-", err
}

// answerTorchwoodProof takes a policy, a leaf hash and a proof file.
func answerTorchwoodProof(args [][]byte) (string, error) {
	policy, err := torchwood.ParsePolicy(args[0])
	if err != nil {
		return "", err
	}
	var leaf tlog.Hash
	if len(args[1]) != tlog.HashSize {
		return "", errors.New("not a hash")
	}
	copy(leaf[:], args[1])
	return "-", torchwood.VerifyProof(policy, leaf, args[2])
}

// answerFormatsProof judges the form of a proof file alone.
func answerFormatsProof(args [][]byte) (string, error) {
	var parsed proof.TLogProof
	if err := parsed.Unmarshal(args[0]); err != nil {
		return "", err
	}
	parts := [][]byte{[]byte(strconv.FormatUint(parsed.Index, 10)), parsed.ExtraData, parsed.Checkpoint}
	for _, hash := range parsed.Hashes {
		parts = append(parts, hash[:])
	}
	return digest(parts...), nil
}
