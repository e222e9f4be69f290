package main

import (
	"flag"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// admitLog makes a log known to a litewitness database, empty so far. torchwood's own witnessctl does this; it cannot be installed from
// the module proxy alone, because it also imports a module that is not served there.
func admitLog(args []string) error {
	flags := flag.NewFlagSet("admit", flag.ExitOnError)
	path := flags.String("db", "", "database of a litewitness that has run once")
	origin := flags.String("origin", "", "origin of the log")
	vkey := flags.String("vkey", "", "verifier key of the log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := note.NewVerifier(*vkey); err != nil {
		return err
	}
	db, err := sqlite.OpenConn(*path, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer db.Close()
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		return err
	}
	insertLog := "INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)"
	if err := sqlitex.Execute(db, insertLog, &sqlitex.ExecOptions{Args: []any{*origin, empty.String()}}); err != nil {
		return err
	}
	insertKey := "INSERT INTO key (origin, key) VALUES (?, ?)"
	return sqlitex.Execute(db, insertKey, &sqlitex.ExecOptions{Args: []any{*origin, *vkey}})
}

// prepareLock makes the empty table that sunlight wants to find in its checkpoint database.
func prepareLock(args []string) error {
	flags := flag.NewFlagSet("lock", flag.ExitOnError)
	path := flags.String("db", "", "database to make")
	if err := flags.Parse(args); err != nil {
		return err
	}
	db, err := sqlite.OpenConn(*path, sqlite.OpenCreate|sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer db.Close()
	return sqlitex.ExecuteTransient(db, "CREATE TABLE checkpoints (logID BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT", nil)
}
