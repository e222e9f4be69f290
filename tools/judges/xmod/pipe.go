package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A question is one line: a word and arguments in hex, apart from each other by one space; an empty argument is "-". The answer is one
// line in the same order: "ok" and what was understood, so that two readers who both accept can be held to one meaning, or "no" and why.
var verbs = map[string]func(args [][]byte) (string, error){
	"b64":        answerBase64,
	"vkey":       answerVerifierKey,
	"skey":       answerSignerKey,
	"parse":      answerParse,
	"note":       answerNote,
	"checkpoint": answerCheckpoint,
	"inclusion":  answerInclusion,
	"growth":     answerGrowth,
	"path":       answerPath,
	"json":       answerJSON,
	"ed25519":    answerEd25519,
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
		// The asker waits for a batch: what was answered leaves when nothing more is waiting to be read.
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
		return "no " + strings.ReplaceAll(strconv.Quote(err.Error()), "\n", " ")
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

func answerBase64(args [][]byte) (string, error) {
	data, err := base64.StdEncoding.DecodeString(string(args[0]))
	if err != nil {
		return "", err
	}
	return digest(data), nil
}

func answerVerifierKey(args [][]byte) (string, error) {
	verifier, err := note.NewVerifier(string(args[0]))
	if err != nil {
		return "", err
	}
	return digest([]byte(verifier.Name()), []byte(fmt.Sprintf("%08x", verifier.KeyHash()))), nil
}

func answerSignerKey(args [][]byte) (string, error) {
	signer, err := note.NewSigner(string(args[0]))
	if err != nil {
		return "", err
	}
	return digest([]byte(signer.Name()), []byte(fmt.Sprintf("%08x", signer.KeyHash()))), nil
}

// answerParse judges the form alone: no key is known, so every signature of a well-formed note stays unverified.
func answerParse(args [][]byte) (string, error) {
	_, err := note.Open(args[0], note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		return meaningOf(unverified.Note), nil
	}
	if err == nil {
		return "", errors.New("verified without a key")
	}
	return "", err
}

func answerNote(args [][]byte) (string, error) {
	var verifiers []note.Verifier
	for _, vkey := range strings.Fields(string(args[0])) {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return "", err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(args[1], note.VerifierList(verifiers...))
	if err != nil {
		return "", err
	}
	return meaningOf(opened), nil
}

// meaningOf is the text, and which signature lines count as what.
func meaningOf(n *note.Note) string {
	parts := [][]byte{[]byte(n.Text)}
	for _, sig := range n.Sigs {
		parts = append(parts, []byte("verified"), []byte(sig.Name), []byte(fmt.Sprintf("%08x", sig.Hash)))
	}
	for _, sig := range n.UnverifiedSigs {
		blob, _ := base64.StdEncoding.DecodeString(sig.Base64)
		parts = append(parts, []byte("unverified"), []byte(sig.Name), blob)
	}
	return digest(parts...)
}

func answerCheckpoint(args [][]byte) (string, error) {
	origin, tree, err := parseCheckpoint(string(args[0]))
	if err != nil {
		return "", err
	}
	return digest([]byte(origin), []byte(strconv.FormatInt(tree.N, 10)), tree.Hash[:]), nil
}

func hashesOf(data []byte) ([]tlog.Hash, error) {
	if len(data)%tlog.HashSize != 0 {
		return nil, errors.New("not whole hashes")
	}
	hashes := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range hashes {
		copy(hashes[i][:], data[i*tlog.HashSize:])
	}
	return hashes, nil
}

func hashOf(data []byte) (tlog.Hash, error) {
	var hash tlog.Hash
	if len(data) != tlog.HashSize {
		return hash, errors.New("not one hash")
	}
	copy(hash[:], data)
	return hash, nil
}

// maxSize is where x/mod's proof checks stop answering: with a size above it and any hash in the proof, its search for the largest power
// of two below the size runs over the sign bit and never ends (measured with 0.7.0 and 0.42.0).
const maxSize = 1 << 62

func numberOf(data []byte) (int64, error) {
	if len(data) != 8 {
		return 0, errors.New("not a count")
	}
	number := binary.BigEndian.Uint64(data)
	if number > maxSize {
		return 0, errors.New("above 2^62, where x/mod does not answer")
	}
	return int64(number), nil
}

// answerInclusion takes leaf hash, index, size, root, proof.
func answerInclusion(args [][]byte) (string, error) {
	leaf, err1 := hashOf(args[0])
	index, err2 := numberOf(args[1])
	size, err3 := numberOf(args[2])
	root, err4 := hashOf(args[3])
	proof, err5 := hashesOf(args[4])
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			return "", err
		}
	}
	return "-", tlog.CheckRecord(proof, size, root, index, leaf)
}

// answerGrowth takes from, to, root of from, root of to, proof. x/mod has no proof from an empty tree: asked outside this driver.
func answerGrowth(args [][]byte) (string, error) {
	from, err1 := numberOf(args[0])
	to, err2 := numberOf(args[1])
	fromRoot, err3 := hashOf(args[2])
	toRoot, err4 := hashOf(args[3])
	proof, err5 := hashesOf(args[4])
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			return "", err
		}
	}
	return "-", tlog.CheckTree(proof, to, toRoot, from, fromRoot)
}

func answerPath(args [][]byte) (string, error) {
	t, err := fromTilesPath(string(args[0]))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d/%d/%d", t.L, t.N, t.W), nil
}

// answerJSON is encoding/json as strict as it can be set: valid UTF-8, one value, numbers left as they stand.
func answerJSON(args [][]byte) (string, error) {
	if !utf8.Valid(args[0]) {
		return "", errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(args[0]))
	decoder.UseNumber()
	var value interface{}
	if err := decoder.Decode(&value); err != nil {
		return "", err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("something after the value")
	}
	// Sorted keys, no HTML escapes: where our reader accepts, this must be the text it was given.
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return digest(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// answerEd25519 takes public key, message, signature: the verification that x/mod's notes rest on.
func answerEd25519(args [][]byte) (string, error) {
	if len(args[0]) != ed25519.PublicKeySize || !ed25519.Verify(args[0], args[1], args[2]) {
		return "", errors.New("does not verify")
	}
	return "-", nil
}
