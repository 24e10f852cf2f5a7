// Reads a node's log and asks a node for a cosignature with the Go libraries of the transparency.dev project, which know nothing of
// zerostate: checkpoint, tiles, entry bundles, proofs (C2SP tlog-tiles), cosignatures (tlog-cosignature), add-checkpoint (tlog-witness).
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"

	cosig "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
)

func get(address string) []byte {
	response, err := http.Get(address)
	check(err, address)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(err, address)
	if response.StatusCode != 200 {
		log.Fatalf("%s: %s: %s", address, response.Status, body)
	}
	return body
}

func check(err error, what string) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}

func main() {
	prefix := flag.String("log", "", "address of the log, before /checkpoint")
	older := flag.Uint64("older", 0, "size of an older head that is kept")
	witnesses := flag.String("witnesses", "", "addresses of witnesses, before /add-checkpoint, with commas")
	flag.Parse()
	ctx := context.Background()

	vkey := strings.TrimSpace(string(get(*prefix + "/key")))
	verifier, err := note.NewVerifier(vkey)
	check(err, "verifier key")
	root, err := url.Parse(*prefix + "/")
	check(err, "address")
	fetcher, err := client.NewHTTPFetcher(root, nil)
	check(err, "fetcher")
	head, raw, _, err := client.FetchCheckpoint(ctx, fetcher.ReadCheckpoint, verifier, verifier.Name())
	check(err, "checkpoint")

	// Every entry, and the root that they lead to.
	hasher := rfc6962.DefaultHasher
	leaves, err := client.FetchLeafHashes(ctx, fetcher.ReadTile, 0, head.Size, head.Size)
	check(err, "leaf hashes")
	tree := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
	var entries uint64
	for index := uint64(0); index*256 < head.Size; index++ {
		bundle, err := client.GetEntryBundle(ctx, fetcher.ReadEntryBundle, index, head.Size)
		check(err, "entry bundle")
		for _, entry := range bundle.Entries {
			leaf := hasher.HashLeaf(entry)
			if !bytes.Equal(leaf, leaves[entries]) {
				log.Fatalf("entry %d is not what its tile says", entries)
			}
			check(tree.Append(leaf, nil), "append")
			entries++
		}
	}
	computed, err := tree.GetRootHash(nil)
	check(err, "root")
	if entries != head.Size || !bytes.Equal(computed, head.Hash) {
		log.Fatalf("%d entries do not lead to the signed root of size %d", entries, head.Size)
	}
	fmt.Printf("read %d entries: root as signed\n", entries)

	builder, err := client.NewProofBuilder(ctx, head.Size, fetcher.ReadTile)
	check(err, "proof builder")
	for _, index := range []uint64{0, 1, head.Size / 2, head.Size - 1} {
		path, err := builder.InclusionProof(ctx, index)
		check(err, "inclusion proof")
		check(proof.VerifyInclusion(hasher, index, head.Size, leaves[index], path, head.Hash), "inclusion")
	}
	oldText := get(fmt.Sprintf("%s/checkpoint/%d", *prefix, *older))
	fetchOld := func(context.Context) ([]byte, error) { return oldText, nil }
	old, _, _, err := client.FetchCheckpoint(ctx, fetchOld, verifier, verifier.Name())
	check(err, "older checkpoint")
	path, err := builder.ConsistencyProof(ctx, old.Size, head.Size)
	check(err, "consistency proof")
	check(proof.VerifyConsistency(hasher, old.Size, head.Size, path, old.Hash, head.Hash), "consistency")
	fmt.Printf("proofs: inclusion of 4 entries, consistency from %d to %d\n", old.Size, head.Size)

	// The witnesses: their cosignatures in the witnessed head, and a fresh one asked for here.
	bare := raw[:bytes.Index(raw, []byte("\n\n"))+2]
	for _, line := range strings.SplitAfter(string(raw[len(bare):]), "\n") {
		if strings.HasPrefix(line, "— "+verifier.Name()+" ") {
			bare = append(append([]byte{}, bare...), line...)
		}
	}
	witnessed := get(*prefix + "/witnessed")
	for _, witness := range strings.Split(*witnesses, ",") {
		key := strings.TrimSpace(string(get(witness + "/key")))
		cosigner, err := cosig.NewVerifierForCosignatureV1(key)
		check(err, "witness key")
		if _, err := note.Open(witnessed, note.VerifierList(cosigner)); err != nil {
			log.Fatalf("%s does not vouch for the witnessed head: %v", cosigner.Name(), err)
		}
		status, _, size := post(witness, 0, nil, bare)
		if status != 409 || strings.TrimSpace(size) != fmt.Sprint(head.Size) {
			log.Fatalf("a witness that knows size %d answered %d: %s", head.Size, status, size)
		}
		status, _, line := post(witness, head.Size, nil, bare)
		if status != 200 {
			log.Fatalf("add-checkpoint: %d: %s", status, line)
		}
		if _, err := note.Open(append(append([]byte{}, bare...), line...), note.VerifierList(cosigner)); err != nil {
			log.Fatalf("the cosignature does not verify: %v", err)
		}
		fmt.Printf("witness %s: vouches, and cosigned again\n", cosigner.Name())
	}
}

func post(witness string, oldSize uint64, path [][]byte, checkpoint []byte) (int, string, string) {
	var body bytes.Buffer
	fmt.Fprintf(&body, "old %d\n", oldSize)
	for _, hash := range path {
		fmt.Fprintln(&body, base64.StdEncoding.EncodeToString(hash))
	}
	body.WriteByte('\n')
	body.Write(checkpoint)
	response, err := http.Post(witness+"/add-checkpoint", "text/plain", &body)
	check(err, witness)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	check(err, witness)
	return response.StatusCode, response.Header.Get("Content-Type"), string(answer)
}
