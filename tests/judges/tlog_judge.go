// A reader of transparency logs, made of Go's own packages for its checksum database (golang.org/x/mod/sumdb): it
// knows nothing of this project. It fetches checkpoint, tiles and entries, and checks the signature, that an entry is
// in the tree, and that the tree goes on from an older checkpoint.
//
//	tlog_judge BASE_URL VERIFIER_KEY INDEX [OLD_CHECKPOINT_FILE]
//
// Prints "size N root BASE64"; exit status 1 and a reason where anything does not hold.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if err := judge(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("usage: tlog_judge BASE_URL VERIFIER_KEY INDEX [OLD_CHECKPOINT_FILE]")
	}
	base := args[0]
	verifier, err := note.NewVerifier(args[1])
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	message, err := get(base + "/checkpoint")
	if err != nil {
		return err
	}
	tree, err := open(message, verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	hashes := tlog.TileHashReader(tree, &tiles{base, tree.N})

	entry, err := read(base, index, tree.N)
	if err != nil {
		return err
	}
	inclusion, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	if err := tlog.CheckRecord(inclusion, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}

	if len(args) > 3 {
		message, err := os.ReadFile(args[3])
		if err != nil {
			return err
		}
		old, err := open(message, verifier)
		if err != nil {
			return fmt.Errorf("old checkpoint: %w", err)
		}
		consistency, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
		if err := tlog.CheckTree(consistency, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
	}
	fmt.Printf("size %d root %s\n", tree.N, tree.Hash)
	return nil
}

// The checkpoint in a signed note: origin, size, root.
func open(message []byte, verifier note.Verifier) (tree tlog.Tree, err error) {
	signed, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tree, fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), signed.Text)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// Tiles as C2SP lays them out: without the height, which is always 8.
type tiles struct {
	base string
	size int64
}

func (t *tiles) Height() int { return height }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := get(t.base + "/" + path)
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

// One entry out of its bundle.
func read(base string, index, size int64) ([]byte, error) {
	if index < 0 || index >= size {
		return nil, fmt.Errorf("the log has %d entries", size)
	}
	width := size - index/256*256
	if width > 256 {
		width = 256
	}
	tile := tlog.Tile{H: height, L: 0, N: index / 256, W: int(width)}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
	bundle, err := get(base + "/" + path)
	if err != nil {
		return nil, err
	}
	for at := int64(0); len(bundle) >= 2; at++ {
		length := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+length {
			break
		}
		if at == index%256 {
			return bundle[2 : 2+length], nil
		}
		bundle = bundle[2+length:]
	}
	return nil, fmt.Errorf("%s: too short", path)
}

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, 1<<25))
}
