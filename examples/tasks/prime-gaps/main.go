// Finds the largest gap between primes below a bound, and writes every record gap to /out/gaps.csv. Standard Go, GOOS=wasip1.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
)

func main() {
	bound := 1_000_000
	if len(os.Args) > 1 {
		parsed, err := strconv.Atoi(os.Args[1])
		if err != nil || parsed < 3 || parsed > 50_000_000 {
			fmt.Fprintln(os.Stderr, "the bound must be a number from 3 to 50000000")
			os.Exit(2)
		}
		bound = parsed
	}
	file, err := os.Create("/out/gaps.csv")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	out := bufio.NewWriter(file)
	composite := make([]bool, bound+1)
	previous, widest := 2, 0
	for candidate := 2; candidate <= bound; candidate++ {
		if composite[candidate] {
			continue
		}
		for multiple := candidate * candidate; multiple <= bound; multiple += candidate {
			composite[multiple] = true
		}
		if gap := candidate - previous; gap > widest {
			widest = gap
			fmt.Fprintf(out, "%d,%d\n", previous, gap)
		}
		previous = candidate
	}
	out.Flush()
	file.Close()
	fmt.Printf("largest gap below %d: %d\n", bound, widest)
}
