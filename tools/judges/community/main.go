// Command community judges with the libraries of the transparency community: formats (checkpoints, cosignatures of both kinds) and
// torchwood (checkpoints, tile paths, entry bundles, policies, proof files). None of the code under judgement is in it.
//
//	community pipe < QUESTIONS > VERDICTS
//	community log -policy FILE FOLDER
//	community admit -db FILE -origin ORIGIN -vkey VKEY
//	community lock -db FILE
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
	case "pipe":
		err = answerPipe(os.Stdin, os.Stdout)
	case "log":
		err = judgeLog(os.Args[2:])
	case "admit":
		err = admitLog(os.Args[2:])
	case "lock":
		err = prepareLock(os.Args[2:])
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "REFUSED:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: community pipe\n       community log -policy FILE FOLDER\n       community admit -db FILE -origin ORIGIN -vkey VKEY\n       community lock -db FILE")
	os.Exit(2)
}
