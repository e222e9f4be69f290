package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// entriesPerBundle and leavesPerRead bound what is held at a time beside the hashes themselves.
const (
	entriesPerBundle = 1 << tileHeight
	leavesPerRead    = 16 << tileHeight
	proofsTried      = 500
)

type verdict struct {
	Origin   string  `json:"origin"`
	Size     int64   `json:"size"`
	Root     string  `json:"root"`
	Tiles    int     `json:"tiles"`
	Entries  int64   `json:"entries"`
	Proofs   int     `json:"proofs"`
	Foreign  int     `json:"given_proofs"`
	Unknown  int     `json:"unverified_signatures"`
	Seconds  float64 `json:"seconds"`
	Verified bool    `json:"verified"`
}

func judgeLog(args []string) error {
	flags := flag.NewFlagSet("log", flag.ExitOnError)
	vkeyFile := flags.String("vkey", "", "file with the log's verifier key")
	proofs := flags.String("proofs", "", "file with proofs the log's author made, one JSON object a line")
	token := flags.String("token", "", "bearer token for a URL")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *vkeyFile == "" {
		usage()
	}
	key, err := os.ReadFile(*vkeyFile)
	if err != nil {
		return err
	}
	started := time.Now()
	result, err := checkLog(openSource(flags.Arg(0), *token), strings.TrimSpace(string(key)), *proofs)
	if err != nil {
		return err
	}
	result.Seconds = time.Since(started).Seconds()
	result.Verified = true
	return json.NewEncoder(os.Stdout).Encode(result)
}

func checkLog(src *source, vkey, proofsFile string) (*verdict, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	signed, err := src.read("checkpoint")
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return nil, err
	}
	origin, tree, err := parseCheckpoint(opened.Text)
	if err != nil {
		return nil, err
	}
	if origin != verifier.Name() {
		return nil, fmt.Errorf("the checkpoint's origin %q is not the key's name %q", origin, verifier.Name())
	}
	result := &verdict{Origin: origin, Size: tree.N, Root: tree.Hash.String(), Unknown: len(opened.UnverifiedSigs)}

	hashes, err := rebuild(src, tree.N)
	if err != nil {
		return nil, err
	}
	result.Entries = tree.N
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return nil, err
	}
	if root != tree.Hash {
		return nil, fmt.Errorf("the entries make root %s, the checkpoint says %s", root, tree.Hash)
	}
	if result.Tiles, err = checkTiles(src, tree, hashes); err != nil {
		return nil, err
	}
	if err := readAuthenticated(src, tree, hashes); err != nil {
		return nil, err
	}
	if result.Proofs, err = checkOwnProofs(tree, hashes); err != nil {
		return nil, err
	}
	if proofsFile != "" {
		if result.Foreign, err = checkGivenProofs(proofsFile, tree); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// parseCheckpoint leaves size and root to x/mod's parser of its own tree notes, whose first line is fixed.
func parseCheckpoint(text string) (string, tlog.Tree, error) {
	end := strings.IndexByte(text, '\n')
	if end < 0 {
		return "", tlog.Tree{}, errors.New("a checkpoint of one line")
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree" + text[end:]))
	return text[:end], tree, err
}

// storedHashes is x/mod's dense order of all hashes of the tree.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is beyond the tree", index)
		}
		out[i] = s[index]
	}
	return out, nil
}

// rebuild hashes every entry of every bundle into a tree.
func rebuild(src *source, size int64) (storedHashes, error) {
	hashes := make(storedHashes, 0, tlog.StoredHashCount(size))
	for n := int64(0); n*entriesPerBundle < size; n++ {
		width := size - n*entriesPerBundle
		if width > entriesPerBundle {
			width = entriesPerBundle
		}
		path := tilesPath(tlog.Tile{H: tileHeight, L: -1, N: n, W: int(width)})
		data, err := src.read(path)
		if err != nil {
			return nil, err
		}
		entries, err := splitBundle(data, int(width))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for i, entry := range entries {
			stored, err := tlog.StoredHashes(n*entriesPerBundle+int64(i), entry, hashes)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, stored...)
		}
	}
	return hashes, nil
}

func splitBundle(data []byte, count int) ([][]byte, error) {
	entries := make([][]byte, 0, count)
	for len(entries) < count {
		if len(data) < 2 {
			return nil, fmt.Errorf("ends after %d of %d entries", len(entries), count)
		}
		length := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+length {
			return nil, fmt.Errorf("entry %d is cut short", len(entries))
		}
		entries = append(entries, data[2:2+length])
		data = data[2+length:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes after the last entry", len(data))
	}
	return entries, nil
}

// checkTiles holds every tile that a log of this size publishes against the rebuilt tree.
func checkTiles(src *source, tree tlog.Tree, hashes tlog.HashReader) (int, error) {
	checked := 0
	for _, t := range tlog.NewTiles(tileHeight, 0, tree.N) {
		// x/mod 0.7.0 lists every width a partial tile has had; a log has to keep the last one.
		if rest := tree.N>>uint(tileHeight*t.L) - t.N*entriesPerBundle; t.W < entriesPerBundle && int64(t.W) != rest {
			continue
		}
		want, err := tlog.ReadTileData(t, hashes)
		if err != nil {
			return 0, err
		}
		got, err := src.read(tilesPath(t))
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(got, want) {
			return 0, fmt.Errorf("%s is not what its entries make", tilesPath(t))
		}
		checked++
	}
	return checked, nil
}

// readAuthenticated reads every leaf hash through the reader that trusts nothing but the root.
func readAuthenticated(src *source, tree tlog.Tree, hashes storedHashes) error {
	reader := tlog.TileHashReader(tree, &tileReader{source: src})
	for start := int64(0); start < tree.N; start += leavesPerRead {
		end := start + leavesPerRead
		if end > tree.N {
			end = tree.N
		}
		indexes := make([]int64, 0, leavesPerRead)
		for n := start; n < end; n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		got, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, hash := range got {
			if hash != hashes[indexes[i]] {
				return fmt.Errorf("entry %d does not have the hash its tile says", start+int64(i))
			}
		}
	}
	return nil
}

// checkOwnProofs proves and checks with x/mod at both ends: entries and earlier trees spread over the log.
func checkOwnProofs(tree tlog.Tree, hashes storedHashes) (int, error) {
	if tree.N == 0 {
		return 0, nil
	}
	step := tree.N / proofsTried
	if step == 0 {
		step = 1
	}
	proofs := 0
	for n := int64(0); n < tree.N; n += step {
		record, err := tlog.ProveRecord(tree.N, n, hashes)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckRecord(record, tree.N, tree.Hash, n, hashes[tlog.StoredHashIndex(0, n)]); err != nil {
			return 0, fmt.Errorf("inclusion of entry %d: %w", n, err)
		}
		old, err := tlog.TreeHash(n+1, hashes)
		if err != nil {
			return 0, err
		}
		growth, err := tlog.ProveTree(tree.N, n+1, hashes)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(growth, tree.N, tree.Hash, n+1, old); err != nil {
			return 0, fmt.Errorf("growth from %d: %w", n+1, err)
		}
		proofs += 2
	}
	return proofs, nil
}

// givenProof is a proof made by the log's author: of an entry if leaf is set, else of growth from an earlier root.
type givenProof struct {
	Index    int64       `json:"index"`
	Leaf     *tlog.Hash  `json:"leaf"`
	From     int64       `json:"from"`
	FromRoot *tlog.Hash  `json:"from_root"`
	Hashes   []tlog.Hash `json:"hashes"`
}

func checkGivenProofs(path string, tree tlog.Tree) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	count := 0
	for lines.Scan() {
		var given givenProof
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			return 0, fmt.Errorf("%s line %d: %w", path, count+1, err)
		}
		switch {
		case given.Leaf != nil:
			err = tlog.CheckRecord(given.Hashes, tree.N, tree.Hash, given.Index, *given.Leaf)
		case given.FromRoot != nil:
			err = tlog.CheckTree(given.Hashes, tree.N, tree.Hash, given.From, *given.FromRoot)
		default:
			err = errors.New("neither leaf nor from_root")
		}
		if err != nil {
			return 0, fmt.Errorf("%s line %d: %w", path, count+1, err)
		}
		count++
	}
	return count, lines.Err()
}
