// Reads cards with gmrtd. A job a line on standard input (fields "name=value", tabs between), what
// was found as one JSON object a line on standard output.
//
// Fields: line (HOST:PORT of APDUs with their lengths), can, mrz (24 characters: document number,
// birth and expiry date with their check digits), csca (files of trust anchors, commas between; .der are certificates),
// extended ("yes": extended length).
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"

	"github.com/gmrtd/gmrtd/chipauth"
	"github.com/gmrtd/gmrtd/cms"
	"github.com/gmrtd/gmrtd/document"
	"github.com/gmrtd/gmrtd/iso7816"
	"github.com/gmrtd/gmrtd/password"
	"github.com/gmrtd/gmrtd/reader"
)

const extendedLe = 2048

type report struct {
	Access    string            `json:"access,omitempty"`
	Files     map[string]string `json:"files,omitempty"`
	Zone      string            `json:"zone,omitempty"`
	Digests   map[string]bool   `json:"digests,omitempty"`
	Signature string            `json:"signature,omitempty"`
	Chain     string            `json:"chain,omitempty"`
	Chip      string            `json:"chip,omitempty"`
	Active    string            `json:"active,omitempty"`
	Mapping   string            `json:"mapping,omitempty"`
	Error     string            `json:"error,omitempty"`
	Apdus     int               `json:"apdus"`
}

func main() {
	// Every fault that gmrtd meets is in the report; its log would only repeat it.
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	jobs := bufio.NewScanner(os.Stdin)
	reports := json.NewEncoder(os.Stdout)
	for jobs.Scan() {
		if err := reports.Encode(run(fields(jobs.Text()))); err != nil {
			os.Exit(1)
		}
	}
}

func fields(job string) map[string]string {
	fields := map[string]string{}
	for _, field := range strings.Split(job, "\t") {
		name, value, _ := strings.Cut(field, "=")
		fields[name] = value
	}
	return fields
}

func run(job map[string]string) *report {
	found := &report{}
	wire, err := dial(job["line"])
	if err == nil {
		defer wire.close()
		err = read(wire, job, found)
		found.Apdus = wire.count
	}
	if err != nil {
		found.Error = err.Error()
	}
	return found
}

func read(wire *line, job map[string]string, found *report) error {
	secret, err := passwordOf(job)
	if err != nil {
		return err
	}
	anchors, err := anchorsOf(job["csca"])
	if err != nil {
		return err
	}
	nfc := iso7816.NewNfcSession(wire)
	if job["extended"] == "yes" {
		nfc.SetMaxLe(extendedLe)
	}
	read, _, err := reader.NewReader(silent{}, nfc, anchors).ReadDocument(secret, nil, nil)
	if read == nil {
		return err
	}
	found.Access = access(&read.Session)
	found.Files = files(&read.Document)
	if err != nil {
		// Why it did not get in says more than what it then could not read.
		return errors.Join(read.Session.PaceErr, read.Session.BacErr, err)
	}
	passive(&read.Session, &read.Document, found)
	chip(nfc, read, found)
	if group := read.Document.Mf.Lds1.Dg1; group != nil {
		found.Zone = group.RawMrz
	}
	return nil
}

func passwordOf(job map[string]string) (*password.Password, error) {
	if can, given := job["can"]; given {
		return password.NewPasswordCan(can), nil
	}
	key := job["mrz"]
	return password.NewPasswordMrzi(key[:9], key[10:16], key[17:23])
}

func anchorsOf(paths string) (*cms.GenericCertPool, error) {
	pool := &cms.GenericCertPool{}
	for _, path := range strings.Split(paths, ",") {
		if !strings.HasSuffix(path, ".der") {
			continue // gmrtd knows no revocation lists.
		}
		certificate, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := pool.Add(certificate); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return pool, nil
}

func access(session *document.Session) string {
	switch {
	case session.PaceResult != nil && session.PaceResult.Success:
		return "PACE " + session.PaceResult.Oid.String()
	case session.BacResult != nil && session.BacResult.Success:
		return "BAC"
	}
	return ""
}

func files(read *document.Document) map[string]string {
	hashes := map[string]string{}
	for name, file := range raw(read) {
		if len(file) > 0 {
			hash := sha256.Sum256(file)
			hashes[name] = hex.EncodeToString(hash[:])
		}
	}
	return hashes
}

// What was read, by name; nothing for what was not.
func raw(read *document.Document) map[string][]byte {
	files := map[string][]byte{}
	add(files, "card_access", read.Mf.CardAccess)
	add(files, "card_security", read.Mf.CardSecurity)
	add(files, "com", read.Mf.Lds1.Com)
	add(files, "sod", read.Mf.Lds1.Sod)
	add(files, "1", read.Mf.Lds1.Dg1)
	add(files, "2", read.Mf.Lds1.Dg2)
	add(files, "13", read.Mf.Lds1.Dg13)
	add(files, "14", read.Mf.Lds1.Dg14)
	add(files, "15", read.Mf.Lds1.Dg15)
	return files
}

func add[T any, P interface {
	*T
	document.RawDataProvider
}](files map[string][]byte, name string, file P) {
	if file != nil {
		files[name] = file.GetRawData()
	}
}

var wrongDigest = regexp.MustCompile(`DG hash mismatch \(dg:(\d+)\)`)

// gmrtd has one word for all of passive authentication: what went wrong is in its error.
func passive(session *document.Session, read *document.Document, found *report) {
	if read.Mf.Lds1.Sod == nil {
		return
	}
	err := session.PassiveAuthErr
	if err == nil && session.PassiveAuthResult.Success {
		found.Digests = map[string]bool{}
		hashes, _ := read.DgHashes()
		for number := range hashes {
			found.Digests[fmt.Sprint(number)] = true
		}
		found.Signature, found.Chain = "successful", "successful"
		return
	}
	if wrong := wrongDigest.FindStringSubmatch(err.Error()); wrong != nil {
		found.Digests = map[string]bool{wrong[1]: false}
		return
	}
	found.Chain = "failed: " + err.Error()
}

// gmrtd leaves chip authentication out once active authentication has succeeded; here both are
// asked for, and the new keys have to read DG1 once more.
func chip(nfc *iso7816.NfcSession, read *document.DocumentEx, found *report) {
	session := &read.Session
	if session.ActiveAuthResult != nil {
		found.Active = outcome(session.ActiveAuthResult.Success, session.ActiveAuthErr)
	}
	if session.PaceCamResult != nil {
		found.Mapping = outcome(session.PaceCamResult.Success, session.PaceErr)
	}
	result, err := session.ChipAuthResult, session.ChipAuthErr
	if result == nil && err == nil {
		result, err = chipauth.NewChipAuth(nfc, &read.Document).DoChipAuth()
	}
	if result == nil && err == nil {
		return
	}
	if err == nil {
		var again []byte
		again, err = nfc.ReadFile(reader.MRTDFileIdDG1)
		if err == nil && !bytes.Equal(again, read.Document.Mf.Lds1.Dg1.GetRawData()) {
			err = errors.New("DG1 cannot be read with the new keys")
		}
	}
	found.Chip = outcome(result.Success && err == nil, err)
}

func outcome(success bool, err error) string {
	if success && err == nil {
		return "successful"
	}
	return fmt.Sprintf("failed: %v", err)
}

type silent struct{}

func (silent) Status(reader.Status) {}
