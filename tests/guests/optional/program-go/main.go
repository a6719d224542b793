// Does with a system what ordinary programs do, and says what came of it: see README.md.
package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	size := 0
	for _, arg := range os.Args[1:] {
		size += len(arg)
	}
	fmt.Printf("args: %d of %d bytes\n", len(os.Args)-1, size)
	fmt.Printf("env: %s\n", os.Getenv("GREETING"))
	base := os.Args[1]

	var group sync.WaitGroup
	start := time.Now()
	for i := 0; i < 1000; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			time.Sleep(20 * time.Millisecond)
		}()
	}
	group.Wait()
	fmt.Fprintf(os.Stderr, "slept: %t\n", time.Since(start) >= 20*time.Millisecond)

	name := base + "/notes"
	check(os.WriteFile(name, []byte("hello"), 0o666))
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	check(err)
	_, err = file.WriteString(" and more")
	check(err)
	check(file.Close())
	text, err := os.ReadFile(name)
	check(err)
	fmt.Printf("appended: %s\n", text)
	check(os.Truncate(name, 3))
	text, err = os.ReadFile(name)
	check(err)
	fmt.Printf("truncated: %s\n", text)

	entries, err := os.ReadDir(base + "/many")
	check(err)
	fmt.Printf("listed: %d\n", len(entries))

	var open []*os.File
	for i := 0; i < 1000; i++ {
		file, err := os.Open(name)
		check(err)
		open = append(open, file)
	}
	fmt.Printf("opened: %d\n", len(open))

	input, err := io.ReadAll(os.Stdin)
	check(err)
	fmt.Printf("stdin: %d bytes\n", len(input))
	os.Exit(42)
}
