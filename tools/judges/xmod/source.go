package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is the one height of c2sp.org/tlog-tiles.
const tileHeight = 8

// source is a published log: a folder of its files or the URL they are served under.
type source struct {
	base   string
	token  string
	remote bool
	client *http.Client
}

func openSource(base, token string) *source {
	remote := strings.HasPrefix(base, "http://") || strings.HasPrefix(base, "https://")
	return &source{base: strings.TrimSuffix(base, "/"), token: token, remote: remote, client: &http.Client{Timeout: 30 * time.Second}}
}

func (s *source) read(path string) ([]byte, error) {
	if !s.remote {
		return os.ReadFile(filepath.Join(s.base, filepath.FromSlash(path)))
	}
	request, err := http.NewRequest("GET", s.base+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		request.Header.Set("authorization", "Bearer "+s.token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}

// tilesPath turns the path x/mod gives a tile into that of tlog-tiles: no height element, and entries instead of data.
func tilesPath(t tlog.Tile) string {
	rest := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", t.H))
	if strings.HasPrefix(rest, "data/") {
		rest = "entries/" + strings.TrimPrefix(rest, "data/")
	}
	return "tile/" + rest
}

// fromTilesPath is the inverse, with x/mod's own parser deciding what a path is.
func fromTilesPath(path string) (tlog.Tile, error) {
	rest := strings.TrimPrefix(path, "tile/")
	if rest == path || strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, fmt.Errorf("not a tile path")
	}
	if strings.HasPrefix(rest, "entries/") {
		rest = "data/" + strings.TrimPrefix(rest, "entries/")
	}
	return tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
}

// tileReader serves x/mod's authenticating reader.
type tileReader struct {
	source *source
	read   int
}

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, err := r.source.read(tilesPath(t))
		if err != nil {
			return nil, err
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes instead of %d", tilesPath(t), len(data), t.W*tlog.HashSize)
		}
		out[i] = data
		r.read++
	}
	return out, nil
}

func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
