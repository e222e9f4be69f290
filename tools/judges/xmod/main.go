// Command xmod judges logs, notes and proofs with golang.org/x/mod's sumdb packages alone: none of the code under judgement is in it.
// It builds with Go 1.19 and x/mod 0.7.0 (Debian 12) as well as with the versions in go.mod.
//
//	xmod log -vkey FILE [-proofs FILE] [-token TOKEN] FOLDER|URL
//	xmod pipe < QUESTIONS > VERDICTS
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	var err error
	switch os.Args[1] {
	case "log":
		err = judgeLog(os.Args[2:])
	case "pipe":
		err = answerPipe(os.Stdin, os.Stdout)
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "REFUSED:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: xmod log -vkey FILE [-proofs FILE] [-token TOKEN] FOLDER|URL\n       xmod pipe")
	os.Exit(2)
}
