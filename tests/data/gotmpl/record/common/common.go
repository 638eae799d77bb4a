// Package common holds the named types that cases use as data; their names show in error messages.
package common

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Values is a named map with methods, as Helm's.
type Values map[string]any

func (v Values) AsMap() map[string]any { return v }

func (v Values) Table(name string) (Values, error) {
	table, ok := v[name].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%q is not a table", name)
	}
	return table, nil
}

// Set is a named slice with a method.
type Set []string

func (s Set) Has(item string) bool {
	for _, it := range s {
		if it == item {
			return true
		}
	}
	return false
}

// Files is a named map whose elements are no interfaces.
type Files map[string][]byte

func (f Files) Get(name string) string { return string(f[name]) }

func (f Files) Names(suffixes ...string) string {
	names := []string{}
	for name := range f {
		for _, suffix := range suffixes {
			if strings.HasSuffix(name, suffix) {
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	return strings.Join(names, ",")
}

// Version prints by its String method.
type Version struct {
	Major, Minor string
}

func (v *Version) String() string { return "v" + v.Major + "." + v.Minor }

func (v *Version) Next(step int) (int, error) {
	if step < 0 {
		return 0, errors.New("no step back")
	}
	return step + 1, nil
}

// Capabilities is a struct behind a pointer.
type Capabilities struct {
	KubeVersion Version
	Sets        Set
	Nothing     any
	Map         map[string]any
}

func (c *Capabilities) Nil() any { return nil }
