#!/usr/bin/env python3
"""Writes the systematic part of the case files, without results; `record.py` then asks Helm.

    generate.py        # rewrites tests/data/cases/generated/**; results of cases that did not change are kept

Each topic is a function below that yields (name, template) or (name, sections). Nothing here is random.
"""
import itertools
import json
import pathlib

import generate_charts
import record

OUT = record.HERE / "data" / "cases" / "generated"
TOPICS = {}

# One value of each kind a template can meet, by name.
KINDS = {
    "nil": "nil", "true": "true", "zero": "0", "int": "7", "negative": "-3", "float": "2.5", "whole": ".Values.number",
    "big": ".Values.big", "int64": "(int64 9)", "empty": '""', "text": '"Hello World"', "digits": '"12"',
    "list": '(list 3 "b" 1.5)', "texts": '(list "b" "a" "b")', "none": "(list)", "strings": '(splitList "," "x,y")',
    "map": '(dict "b" 2 "a" "x")', "blank": "(dict)", "values": ".Values.map", "array": ".Values.array", "missing": ".Values.missing",
}
# The fewer kinds that stand in for all where two or three arguments vary.
FEW = ["nil", "true", "int", "whole", "text", "digits", "texts", "map"]
DATA = """\
number: 4
big: 12345678901
array: [1, two, 3.5, null, true, [x]]
map: {z: 1, a: {b: c}, n: null}"""

UNARY = """
abbrev add1 all any append atoi b32dec b32enc b64dec b64enc base camelcase cat ceil chunk clean clean coalesce
compact concat dateModify deepCopy default derivePassword dict dir empty ext fail first float64 floor fromJson
fromJsonArray fromYaml fromYamlArray hasKey has html indent initial initials int int64 isAbs join js kebabcase keys
kindIs kindOf last len list lower max min mergeOverwrite merge mustCompact mustDeepCopy mustFirst mustFromJson mustInitial
mustLast mustRest mustReverse mustToJson mustToPrettyJson mustToRawJson mustUniq nindent nospace not omit osBase osClean
osDir osExt osIsAbs pick pluck plural print println quote range regexFind regexQuoteMeta required rest reverse round
semver seq sha1sum sha256sum sha512sum adler32sum slice snakecase sortAlpha squote sub substr swapcase ternary title toDate
toDecimal toJson toPrettyJson toRawJson toString toStrings toToml toYaml toYamlPretty trim trimAll trunc tuple typeIs typeIsLike
typeOf uniq unset until untilStep untitle upper urlParse urlquery values without wrap wrapWith mustToYaml fromToml
duration durationRound unixEpoch index and or eq ne lt le gt ge call printf div mod mul
""".split()

# Those that take more than one argument: one alone is always the same error.
PLURAL = set("""
abbrev append chunk dateModify derivePassword join hasKey has hasPrefix hasSuffix indent nindent kindIs omitted pick_ pluck_ regexFind repeat
round set_ sub_ substr ternary trimAll trunc typeIs typeIsLike unset untilStep wrap wrapWith div mod call_ printf_ regexMatch index_ ne lt le gt ge
""".split())

BINARY = """
abbrev add append mustAppend atoi cat chunk mustChunk coalesce concat contains default mustDateModify dict div
eq ne lt le gt ge and or get has mustHas hasKey hasPrefix hasSuffix indent index nindent join kindIs keys list max maxf min minf
merge mergeOverwrite mustMerge mustMergeOverwrite mod mul addf subf mulf divf add1f omit pick pluck prepend mustPrepend push mustPush
regexFind regexFindAll_ regexMatch mustRegexMatch regexSplit_ repeat required round semverCompare
seq slice mustSlice sortAlpha split splitList splitn_ sub ternary_ trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike
deepEqual unset until untilStep_ without mustWithout wrap wrapWith_ zip_ toDate mustToDate print println printf len quote squote
ceil floor fail plural_ set_ dig_ replace_ nospace toString
""".split()

TERNARY = {
    "abbrevboth": [("1", "5", '"1234 5678 9123"'), ("5", "10", '"1234 5678 9123"'), ("0", "4", '"abcdefgh"'), ("-1", "9", '"abcdefghijklmn"'), ("nil", "2", '"ab"')],
    "dig": [('"a"', '"none"', ".Values.map"), ('"a"', '"b"', '"none"', ".Values.map"), ('"q"', '"b"', '"none"', ".Values.map"), ('"z"', '"b"', '"none"', ".Values.map"),
            ('"n"', '"none"', ".Values.map"), ('"a"', "1", '"x"'), ('"a"', ".Values.map"), ("1", '"d"', ".Values.map")],
    "plural": [('"one"', '"many"', str(n)) for n in (0, 1, 2, -1)] + [('"one"', '"many"', '"1"'), ('"one"', '"many"', ".Values.number"), ("1", "2", "3")],
    "replace": [('"l"', '"L"', '"hello"'), ('""', '"-"', '"abc"'), ('"x"', "1", '"xyz"'), ("nil", '"a"', '"b"'), ('"a"', '""', '"banana"')],
    "regexReplaceAll": [('"a(x*)b"', '"-ab-axxb-"', '"${1}W"'), ('"a(x*)b"', '"-ab-axxb-"', '"$1W"'), ('"["', '"a"', '"b"'), ('""', '"abc"', '"-"'), ('"(?P<n>b)"', '"abc"', '"<$n>"'),
                        ('"b"', '"abc"', '"$$"'), ('"\\\\w"', '"é1a"', '"."'), ('"(?i)A"', '"aAa"', '"x"'), ('"$"', '"a\\nb"', '"!"'), ('"(?m)$"', '"a\\nb"', '"!"')],
    "mustRegexReplaceAll": [('"a"', '"banana"', '"o"'), ('"("', '"a"', '"b"'), ('"a"', "1", '"b"')],
    "regexReplaceAllLiteral": [('"a(x*)b"', '"-ab-axxb-"', '"${1}"'), ('"("', '"a"', '"b"'), ('"a*"', '"baac"', '"-"')],
    "mustRegexReplaceAllLiteral": [('"a(x*)b"', '"-ab-axxb-"', '"${1}"'), ('"("', '"a"', '"b"')],
    "regexFindAll": [('"[2,4,6,8]"', '"123456789"', str(n)) for n in (-1, 0, 1, 2, 99)] + [('"("', '"a"', "1"), ('"a"', '"b"', "-1"), ('"a*"', '"baac"', "-1"), ('"a"', '"a"', '"1"')],
    "mustRegexFindAll": [('"a."', '"abacad"', "2"), ('"("', '"a"', "1")],
    "regexSplit": [('"z+"', '"pizza"', str(n)) for n in (-1, 0, 1, 2)] + [('""', '"abc"', "-1"), ('"a"', '""', "-1"), ('"a*"', '"baac"', "-1"), ('"("', '"a"', "1"), ('"^"', '"ab"', "-1")],
    "mustRegexSplit": [('","', '"a,b,c"', "2"), ('"("', '"a"', "1")],
    "set": [('(dict "a" 1)', '"b"', "2"), ('(dict "a" 1)', '"a"', "nil"), ("nil", '"a"', "1"), ('(dict)', "1", "1"), (".Values.map", '"z"', "9"), ('"x"', '"a"', "1")],
    "slice": [("(list 1 2 3 4)", *it) for it in ((), ("1",), ("1", "3"), ("0", "0"), ("3", "9"), ("5",), ("-1",), ("2", "1"), ('"1"',), ("1", "2", "3"))] + [('"text"', "1", "2"), (".Values.array", "1", "3"), ("nil", "0")],
    "splitn": [('"$"', str(n), '"a$b$c"') for n in (-1, 0, 1, 2, 3, 9)] + [('""', "2", '"abc"'), ('"$"', "2", '""')],
    "substr": [(str(a), str(b), '"hello"') for a, b in ((0, 3), (1, -1), (-1, 2), (2, 9), (0, 0), (3, 2), (9, 12), (-1, -1), (5, 5))] + [("0", "2", '"é日x"'), ("0", "1", "5")],
    "ternary": [('"y"', '"n"', it) for it in ("true", "false", "nil", "1", '"true"', ".Values.missing")] + [("1", "2")],
    "untilStep": [("0", "10", "3"), ("10", "0", "-3"), ("0", "5", "0"), ("5", "0", "1"), ("0", "0", "1"), ("3", "1", "-1"), ('"1"', "3", "1"), ("-2", "2", "1")],
    "seq": [("5",), ("0",), ("-3",), ("2", "5"), ("5", "2"), ("0", "2", "10"), ("10", "-3", "0"), ("0", "0", "3"), ("1", "2", "3", "4"), ('"3"',), ("3", "3"), ("2.7",), ()],
    "wrapWith": [("5", '"-"', '"hello world of words"'), ("80", '"x"', '"a b"'), ("1", '"|"', '"aé b"'), ("0", '"|"', '"a b"'), ("5", '""', '"hello world"'), ("-1", '"-"', '"a b"')],
    "wrap": [(str(n), '"the quick brown foxes jump"') for n in (-1, 0, 1, 5, 10, 80)] + [("5", '"longlonglong a"'), ("3", '"a  b\\n c"')],
    "semverCompare": [(json.dumps(c), json.dumps(v)) for c, v in itertools.product(
        ["^1.2.3", "~1.2.3", ">=1.2.0 <2.0.0", ">1.2 || <0.5", "1.2.x", "*", "!=1.2.3", "=1.2.3", "1.2 - 1.4", "^0.2", "~0", ">=1.30-0", "", "bad", ">1.2.3-alpha", "<=1.2", "^1.x", "~>1.2"],
        ["1.2.3", "1.2.4-beta.1", "v1.4.0+build", "0.4", "1.31.2-gke.100", "2", "bad"])],
    "round": [(a, b) for a in ("123.5555", "123.4", "-2.5", "2.5", '"3.14159"', "7", "nil", "1e20") for b in ("0", "1", "3", "-1")] + [("123.5555", "3", "0.5"), ("123.5555", "3", "0.7")],
    "trunc": [(str(n), '"hello"') for n in (0, 2, 5, 9, -2, -9)] + [("2", '"日本語"'), ("-3", '"日本語"'), ('"2"', '"ab"'), ("2", "5")],
    "indent": [(str(n), '"a\\nb\\n\\nc"') for n in (0, 1, 4, -1)] + [("2", "nil"), ("2", "5"), ("2", '""')],
    "nindent": [(str(n), '"a\\nb\\n"') for n in (0, 1, 4)] + [("2", "(dict)"), ("2", '""')],
    "repeat": [(str(n), '"ab"') for n in (0, 1, 3, -1)] + [('"2"', '"a"'), ("2", "3")],
    "chunk": [(str(n), "(list 1 2 3 4 5)") for n in (1, 2, 3, 5, 9)] + [("2", "(list)"), ("2", '"ab"'), ("2", ".Values.array"), ("2", "nil")],
    "until": [(str(n),) for n in (0, 1, 5, -3)] + [('"2"',), (".Values.number",)],
    "printf": [('"%d-%s"', "1", '"a"'), ('"%s"', "nil"), ('"x"', "1"), ("1",), ('"%v"', ".Values.map"), ('"%.2f"', ".Values.number"), ('"%d"', ".Values.number")],
    "join": [('","', it) for it in ('(list "a" 1 nil true 2.5)', '(list)', '"ab"', "nil", "5", "(dict \"a\" 1)", ".Values.array", '(splitList "," "p,q")')],
    "kindIs": [(json.dumps(k), KINDS[v]) for k in ("map", "slice", "string", "float64", "int", "invalid", "bool", "ptr") for v in FEW],
    "typeIs": [(json.dumps(k), KINDS[v]) for k in ("map[string]interface {}", "[]interface {}", "string", "float64", "int", "<nil>", "common.Values") for v in FEW],
    "duration": [(it,) for it in ('"95"', "95", "0", '"3661"', '"bad"', "1.5", "86400", "nil", ".Values.number", "-5")],
    "durationRound": [(it,) for it in ('"2h5m"', '"95s"', "95", '"2h10m5s"', '"8760h"', '"1ms"', '"bad"', '"0s"', '"-3h"', "nil", '"720h1m"')],
    "toDate": [('"2006-01-02"', '"2024-02-29"'), ('"2006-01-02"', '"bad"'), ('"2006"', "nil")],
    "dateInZone": [('"2006-01-02T15:04:05Z07:00"', '(toDate "2006-01-02" "2024-02-29")', json.dumps(z)) for z in ("UTC", "Europe/Berlin", "America/New_York", "Bad/Zone", "")],
    "date": [(json.dumps(layout), '(toDate "2006-01-02 15:04:05" "2024-02-09 03:04:05")') for layout in
             ("2006-01-02", "Jan _2 06 03:04PM", "Monday, 02-Jan-06 15:04:05 MST", "002 __2 .000 ,999", "Z07:00 -0700 Z0700", "literal 1 2 3", "")],
    "htmlDate": [('(toDate "2006-01-02" "2024-02-29")',), ("0",), ("(int64 1709210096)",), ("1709210096",)],
    "htmlDateInZone": [("0", '"Asia/Tokyo"'), ("86399", '"Asia/Tokyo"'), ("0", '"Bad"'), ("(int64 1709210096)", '"America/New_York"')],
    "date_in_zone": [('"2006-01-02 15:04 MST"', "0", '"Asia/Tokyo"')],
    "dateModify": [(json.dumps(d), '(toDate "2006-01-02" "2024-02-29")') for d in ("24h", "-1.5h", "1h1m1s", "bad", "")],
    "mustDateModify": [('"bad"', '(toDate "2006-01-02" "2024-02-29")')],
    "unixEpoch": [('(toDate "2006-01-02" "2024-02-29")',)],
    "urlJoin": [(f"(urlParse {json.dumps(u)})",) for u in ("http://a:b@h:80/p/q?x=1&y=%20#f", "/only/path", "mailto:x@y", "//host/p", "http://[::1]:9/", "http://h/%2f?")] + [('(dict "scheme" "http" "host" "h" "path" "/p")',), ("(dict)",), ('"x"',)],
    "urlParse": [(json.dumps(u),) for u in ("http://a:b@h:80/p/q?x=1#f", ":bad", "http://h/%zz", "", "h", "http://a b/", "HTTP://H", "a:b:c", "?q", "#f")],
    "untitle": [('"Hello World"',), ('"ÉA b"',)],
}
for helper in ("add", "sub", "mul", "div", "mod", "max", "min", "addf", "subf", "mulf", "divf", "maxf", "minf"):
    TERNARY[helper] = [it for it in (("7", "2"), ("7", "2", "3"), ("2.9", "1.1"), ('"5"', "2"), ('"x"', "2"), ("nil", "2"), ("true", "1"), (".Values.number", "3"), (".Values.big", ".Values.big"),
                                     ("9223372036854775807", "1"), ("0.1", "0.2"), ("1e300", "1e300"), ("-7", "2"), ("1", "0"), ("0x10", "1"), ('"0x10"', '"010"'), ('"1_0"', "1"), ("'a'", "1"), ("1",), ())]


def topic(area, name, **prelude):
    def keep(make):
        TOPICS[area, name] = (make, prelude)
        return make
    return keep


def yaml_string(text):
    """A double-quoted scalar; go-yaml takes no surrogate pairs."""
    return "".join(c if ord(c) > 0xFFFF else json.dumps(c)[1:-1] for c in text).join('""')


def shown(call):
    return "{{ $x := " + call + " }}{{ printf \"%T %v\" $x $x }}"


def functions():
    calls = {}
    for name in dict.fromkeys(UNARY):
        calls.setdefault(name, []).append(())
        calls[name] += [(KINDS[kind],) for kind in (["nil", "text"] if name in PLURAL else KINDS)]
    for name in dict.fromkeys(it for it in BINARY if not it.endswith("_")):
        calls.setdefault(name, [])
        calls[name] += [(KINDS[a], KINDS[b]) for a, b in itertools.product(FEW, FEW) if (len(a) + len(b) + len(name)) % 2 or a == b]
    for name, table in TERNARY.items():
        calls.setdefault(name, [])
        calls[name] += table
    for name, table in sorted(calls.items()):
        if table:
            if name in ("keys", "values"):
                # Their order is that of Go's maps, which is random: one entry at most.
                table = [[it for it in args if it not in (KINDS["map"], KINDS["values"])] for args in table] + [['(dict "a" 1)']]
            yield name, [(" ".join([name, *args]), shown(" ".join([name, *args]))) for args in dict.fromkeys(map(tuple, table))]


VERBS = ["v", "+v", "#v", "T", "d", "b", "o", "O", "x", "X", "c", "q", "U", "e", "f", "F", "g", "G", "s", "t", "w", "z"]
FLAGS = ["", "8", "-8", "08", "+", " ", "#", ".2", "10.3", "+-# 012.4"]


@topic("print", "printf", values=DATA)
def printf():
    for kind in KINDS:
        for verb in VERBS:
            if verb in ("+v", "#v"):
                formats = [f"%{verb[0]}{flag}v" for flag in ("", "8", "-8", "08", ".2")]
            else:
                formats = [f"%{flag}{verb}" for flag in FLAGS]
            yield f"%{verb} {kind}", "\n".join(f'{{{{ printf "{it}|" ({KINDS[kind]}) }}}}' if kind != "nil" else f'{{{{ printf "{it}|" nil }}}}' for it in formats)


@topic("print", "print", values=DATA)
def prints():
    for name in ("print", "println", "cat", "html", "js", "urlquery", "quote", "squote"):
        for a, b in itertools.product(KINDS, ["text", "int", "nil", "map"]):
            yield f"{name} {a} {b}", f"[{{{{ {name} {KINDS[a]} {KINDS[b]} }}}}]"
    for kind in KINDS:
        yield f"action {kind}", f"[{{{{ {KINDS[kind]} }}}}]"


@topic("print", "formats")
def formats():
    for text in ["%", "%%", "%5%", "%!", "%d", "%d %d", "%[1]d %[1]d", "%[2]d", "%[2]d %[1]d", "%[3]*.[2]*[1]f|", "%*d|", "%-*d|", "%.*d|", "%[x]d", "%[1", "%[]d", "%[0]d",
                 "%é", "é%dé", "%.d|", "%.0d|", "%99999999d", "%v %v %v %v", "%[1]T %[1]v %[2]T", "%-+ #05d|", "%.3.4d", "%5.5", "% x", "%+q", "%#q", "%#U", "%t %t"]:
        for args in ["", "1", "5 3", '"a\\"é`"', "5 2 3.14159", "nil", "-1 7"]:
            yield f"{text} of {args}", f"[{{{{ printf {json.dumps(text, ensure_ascii=False)} {args} }}}}]"


@topic("print", "objects")
def objects_printed():
    things = ['(semver "1.2.3-a+b")', ".Capabilities.KubeVersion", ".Capabilities.HelmVersion", ".Capabilities.APIVersions", "(toDate \"2006-01-02\" \"2024-02-29\").Month", "(toDate \"2006-01-02\" \"2024-02-29\").Weekday", "((toDate \"2006-01-02\" \"2024-02-29\").Sub (toDate \"2006-01-02\" \"2024-02-28\"))", ".Files", ".Template", ".Chart", ".Release", '(urlParse "http://h/p")', "(.Files.GetBytes \"none\")", "(index .Files \"a.txt\")", '(.Files.Lines "a.txt")', "1i", "(list 1i 2.5)", '(toDate "2006-01-02" "2024-02-29")']
    for thing in things:
        for verb in ("v", "+v", "#v", "s", "d", "x", "q", "10v", "-10v", "T", "t", ".2f", "w", "e", "c"):
            if thing.startswith("(toDate") and thing.endswith('29")') and verb in ("d", "t", ".2f", "w", "e", "c"):
                continue
            yield f"%{verb} {thing}", {"file a.txt": "ab\n", "template": f"{{{{ printf \"%{verb}|\" {thing} }}}}"}
            if not (thing.startswith("(semver") and verb in ("#v", "d", "w")):
                yield f"%{verb} in a list {thing}", {"file a.txt": "ab\n", "template": f"{{{{ printf \"%{verb}|\" (list {thing}) }}}}"}
        yield f"action {thing}", {"file a.txt": "ab\n", "template": f"{{{{ {thing} }}}} {{{{ print {thing} {thing} }}}} {{{{ {thing} | quote }}}} {{{{ toString {thing} }}}} {{{{ kindOf {thing} }}}} {{{{ typeOf {thing} }}}}"}


@topic("print", "numbers")
def numbers():
    for text in ["0", "-0.0", "1e6", "1e5", "123456789", "1e20", "1e21", "1e22", "1e-4", "1e-5", "0.1", "1.0", "100.5", "3.0e0", "1_000", "0x1F", "0b101", "0o17", "017", "'a'", "1e308", "5e-324", "0x1p4",
                 "9223372036854775807", "-9223372036854775808", "9007199254740993", "1i", "1e400", "08", "9223372036854775808", "0x", "1__0", "+5", ".5", "5."]:
        yield f"literal {text}", f"{{{{ {text} }}}} {{{{ printf \"%T %v %d %g\" {text} {text} {text} {text} }}}} {{{{ toJson {text} }}}} {{{{ {text} | toYaml }}}}"
        yield f"value {text}", {"values": f"n: {text}\n", "template": '{{ .Values.n }} {{ printf "%T %v" .Values.n .Values.n }} {{ toJson .Values.n }} {{ toYaml .Values }} {{ int .Values.n }} {{ .Values.n | int64 }} {{ float64 .Values.n }} {{ toString .Values.n }} {{ quote .Values.n }}'}


NASTY = ["", " ", "a", "a ", " a", "a b", "a: b", "a:", ":a", "a #b", "a#b", "#a", "- a", "-", "--", "---", "...", "? a", "?", "!a", "&a", "*a", "|", ">", "%a", "@a", "`a", "'", "''", "'a'", '"', '"a"', "a'b", 'a"b',
         "[a", "]", "{a", "}", "a,b", ",", "[]", "{}", "~", "null", "Null", "NULL", "nil", "true", "True", "TRUE", "false", "yes", "Yes", "no", "NO", "on", "off", "y", "Y", "n", "N", "0", "-0", "1", "01", "007", "08", "0x1F",
         "0o7", "0b1", "1_000", "1e3", "1.5", ".5", "5.", "+1", "-1", "1.", "1e", "e1", ".inf", "-.inf", ".nan", ".NaN", "Inf", "NaN", "+.inf", "1:30", "12:30:45", "190:20:30", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "=", "<<",
         "a\nb", "a\nb\n", "a\n\n", "\n", "\n\n", "\na", " a\nb", "a\n b", "a \nb", "\ta", "a\tb", "a\t\nb", "\t", "a\r\nb", "\r", "a\x01b", "\x00", "\x7f", "\x85", "\u00a0", "é", "日本", "\u2028", "\ufeff", "\ufeffa", "😀", "\ue000", "a\\b", "\\", "\\n",
         "<a>", "a&b", "a=b", "${a}", "{{a}}", "$", "a/b", "a|b", "a>b", "a!b", "a%b", "a@b", "a*b", "a&", "a-b", "a?b", "https://x.y/z?a=b&c#d", "x" * 90, ("word " * 30).strip(), "a" * 40 + " " + "b" * 60, "k: |\n  x", "- - a", "a\n# b", "# a\nb", "#\n", "a: b\nc: d\n", "  \n a", "\n  a", "a\n\n\nb\n\n\n", "!!str a", "1234567890123456789012", "0.1e400", "1E5", "0.0", "00", "0_", "_1", "1_", "12e03", "-1_0", "0x", "0xg", "0X1f", "-0x1", "+.5", "-.5", "1.2.3", "v1.2", "10Mi", "100m", "1e+3", "1e-3", "e", "E1", "1E", "0e0", "-", "-a", "- ", "-\ta", "a -b", ": ", " :", "a :b", "a: ", "?a", "!", "!!", "&", "*", "@", "`", "% ", "\"\n", "'\n'", "…", "\u200b", "\u00ad", "a\u0085b", "\U0001F468\u200d\U0001F469"]


@topic("emit", "strings")
def strings():
    for text in dict.fromkeys(NASTY):
        name = json.dumps(text if len(text) < 50 else text[:47] + "...")
        yield name, {"values": f"s: {yaml_string(text)}\n", "template":
                     "[{{ toYaml .Values.s }}]\n[{{ toYaml .Values }}]\n[{{ toYaml (list .Values.s (list .Values.s)) }}]\n[{{ toYaml (dict \"k\" (dict \"l\" (list (dict \"m\" .Values.s)))) }}]\n"
                     "[{{ toYaml (dict .Values.s 1) }}]\n[{{ toYamlPretty (dict \"a\" (list .Values.s)) }}]\n[{{ toJson .Values.s }}]\n[{{ toRawJson .Values }}]\n[{{ toPrettyJson (dict .Values.s (list .Values.s)) }}]\n"
                     "[{{ quote .Values.s }}]\n[{{ squote .Values.s }}]\n[{{ toToml .Values }}]\n[{{ fromYaml (toYaml .Values) }}]\n[{{ fromYaml (printf \"s: %s\" .Values.s) | toJson }}]"}


@topic("emit", "shapes")
def shapes():
    shapes = ['(dict)', '(list)', '(list (list))', '(list (dict))', '(dict "a" (dict))', '(dict "a" (list))', '(list nil)', '(dict "a" nil)', '(list (list 1 2) (list 3))', '(list (dict "a" 1 "b" 2) (dict "c" 3))',
              '(dict "a" (list (list 1 (dict "x" (list)))))', '(dict "b" 1 "a" 2 "a10" 3 "a2" 4 "A" 5 "_" 6 "10" 7 "9" 8)', '(dict "a" (dict "b" (dict "c" (dict "d" "e"))))', '(list 1 1.0 1.5 1e6 1e21 1e-7 -0.0)', '(list true false nil)',
              '(list (int64 1) (float64 1) 9007199254740993)', '(splitList "," "a,b")', '(dict "a" (splitList "," ""))', '(list "" " " "x\\ny")', '(dict "" "")', '(dict "a b" 1 "c: d" 2 "e#f" 3 "- g" 4 "true" 5 "1" 6 "null" 7 "~" 8)',
              '(dict "m" "line1\\nline2\\n" "n" "line1\\nline2" "o" "line1\\n\\n")', '(list "a\\nb\\n" (list "c\\nd"))', '"text"', "1", "1.0", "1.5", "true", "nil", '(dict "x" (b64enc "hello"))', '(until 3)', '(dict "list" (until 3))',
              '.Chart', '.Release', '.Template', '.Values', '.Capabilities.KubeVersion', '.Capabilities.HelmVersion', '.Subcharts', '.Files', '(urlParse "http://h/p")', '(semver "1.2.3-a+b")', '(toDate "2006-01-02" "2024-02-29")', '(tuple 1 "a")', '(dict "t" (tuple))', '(regexFindAll "a" "aa" -1)', '(keys (dict "a" 1))', '(dict "d" (duration "95"))', '(list (dict "a" (list 1 2) "b" (list (dict "c" 1))))', '.Values.deep', '.Values.anchors']
    for shape in shapes:
        for name in ("toYaml", "toYamlPretty", "toJson", "toPrettyJson", "toRawJson", "toToml", "mustToYaml", "mustToJson"):
            yield f"{name} {shape}", {"values": "deep: {a: [{b: [1, {c: ~}], d: {e: f}}, []], g: {}}\nanchors: {x: &x {y: 1}, z: *x, w: {<<: *x, v: 2}}\n", "template": f"[{{{{ {name} {shape} }}}}]"}


TEXTS = ["", " ", "\n", "a", "a: b", "a: b\nc: d", "a:\n  b: c", "a:\n- b\n- c", "- a\n- b", "- - a\n  - b", "[a, b]", "{a: b, c: [d]}", "a: |\n  x\n  y\n", "a: |-\n  x\n", "a: |+\n  x\n\n", "a: >\n  x\n  y\n\n  z\n", "a: >-\n  x\n   y\n  z\n", "a: |2\n   x\n", "a: 'x''y'",
         'a: "x\\ty\\u00e9\\x41"', 'a: "\\q"', "a: &x 1\nb: *x", "a: *x", "a: &x [*x]", "<<: {a: 1}\nb: 2", "<<: [{a: 1}, {a: 2, c: 3}]\nb: 2", "<<: 1", "a: 1\na: 2", "a: b: c", "a:\n\tb: c", "\ta: b", "a: [b", "a: {b", "a: 'b", 'a: "b', "a: @b", "a: `b", "%a", "---\na: b", "---\na: b\n---\nc: d",
         "a: b\n...\n", "# c", "a: b # c", "a: b#c", "a: yes\nb: no\nc: on\nd: off\ne: y\nf: n", "a: 010\nb: 0o10\nc: 0x10\nd: 0b10\ne: 1_000\nf: 1e3\ng: .5\nh: +1\ni: 0.\nj: 1e", "a: .inf\nb: -.inf", "a: .nan", "a: ~\nb: null\nc: Null\nd:\ne: ''", "a: 2001-01-01", "a: 12:30:45", "1: a\n2.5: b\ntrue: c\n~: d", "[a]: b", "{a: b}: c", "? a\n: b",
         "? [a, b]\n: c", "!!str 1", "a: !!str 1\nb: !!int '1'\nc: !!float 1\nd: !!bool 'true'\ne: !!null ''", "a: !!binary aGVsbG8=", "a: !foo b", "a: !!set {x}", "a: !!timestamp 2001-01-01", "a: !!int x", "a:b", "a : b", '"a": b', "'a': b", "? a", "a:\n  - b\n c", "a:\n b\n c", "a: b\n c: d", "  a: b\n c: d", "a: 9223372036854775807\nb: 9223372036854775808\nc: 18446744073709551615\nd: 18446744073709551616\ne: -9223372036854775809",
         "a: 0.1\nb: 1.0\nc: 1e21\nd: 100000000000000000000", "- a\nb: c", "a: - b", "a: ]", "}", "a: |\nb", "a: \"x\n  y\n\n  z\"", "a: x\n  y\n\n  z", "a: [1,\n2,\n]", "{a, b: , c}", "[,]", "[a,,b]", "{,}", "a: &b\nc: *b", "&a b: *a", "- &a x\n- *a", "a: \x01", "\ufeffa: b", "a: \u2028b", "a: é\n日: 本", "a: 'x\n  y'", "\"a\\\n  b\"", "a: >1\n  x", "a: |0\n x", "a: |x\n y", "a: >+-\n y", "{\"a\":1,\"b\":[true,null,1.5e3]}", "[]", "{}", "null", "true", "1", "1.5", "\"x\"", "nul", "{\"a\":}", "{\"a\":1,}", "[1,]", "{a:1}", "{\"a\" 1}", "'x'", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\x\"", "01", "1.", "-", "-0", "1e400", "{\"a\":1}x", "{\"a\":1} {\"b\":2}", "[1,2", "{\"a\":{\"b\":[{}]}}", "a = 1\n[b]\nc = [1, 2]\n", "<a>&", "\"<a>&\\u2028\"", "a: '<a>'", "k: v\n\n\n", "a:\n  b: 1\n   c: 2", "a:\n  - 1\n   - 2", "- 1\n - 2", "key: [a, b]: c", "a: 1 2 3", "a: b, c", "a: 'b' c", "a: \"b\" c", "a: [b] c", "*a", "&a", "!", "|", ">", "--- a", "--- |\n a", "a: --- b", "x: ...", "? |\n  a\n: b", "a: !!map {b: c}", "a: !!seq [b]", "y: 1\nn: 2", "0: a\n1.5: b", "1e3: a", "a: 0777\nb: 0o777\nc: -0777", "a: 1__0\nb: _1\nc: 0x_1", "a: 0b2", "a: 123456789012345678901234567890"]


@topic("emit", "texts")
def texts():
    for text in dict.fromkeys(TEXTS):
        name = json.dumps(text if len(text) < 60 else text[:57] + "...")
        for function in ("fromYaml", "fromYamlArray", "fromJson", "fromJsonArray"):
            yield f"{function} {name}", {"values": f"s: {yaml_string(text)}\n", "template": f"[{{{{ $x := {function} .Values.s }}}}{{{{ $x | toJson }}}}]\n[{{{{ $x }}}}]\n[{{{{ toYaml $x }}}}]"}
        yield f"values {name}", {"file values.yaml": text, "template": "[{{ .Values | toJson }}]"}


CONDITIONS = ["true", "false", "0", "1", '""', '"a"', "nil", "(list)", "(list 1)", "(dict)", '(dict "a" 1)', ".Values.missing", "0.0", "-1", ".Values.map", ".Chart", "(list nil)"]
ORDERED = ["1", "2", "1.0", "1.5", '"1"', '"a"', '""', "true", "nil", "(list 1)", "(dict)", "(int64 1)", ".Values.number", ".Values.missing", "'a'"]


@topic("template", "truth", values=DATA)
def truth():
    for it in CONDITIONS:
        yield f"if {it}", f"{{{{ if {it} }}}}yes{{{{ else }}}}no{{{{ end }}}}"
        yield f"with {it}", f"{{{{ with {it} }}}}[{{{{ . }}}}]{{{{ else }}}}no{{{{ end }}}}"
        yield f"not {it}", f"{{{{ not {it} }}}} {{{{ empty {it} }}}}"
        yield f"range {it}", f"{{{{ range {it} }}}}[{{{{ . }}}}]{{{{ else }}}}none{{{{ end }}}}"
        yield f"range pairs {it}", f"{{{{ range $k, $v := {it} }}}}[{{{{ $k }}}}={{{{ $v }}}}]{{{{ else }}}}none{{{{ end }}}}"
        yield f"len {it}", f"{{{{ len {it} }}}}"
        yield f"default {it}", f"{{{{ default \"d\" {it} }}}} {{{{ {it} | default 5 }}}} {{{{ coalesce nil {it} \"z\" }}}} {{{{ ternary 1 2 (empty {it}) }}}}"
        for name in ("and", "or"):
            for other in ("true", "0", '"x"', "nil"):
                yield f"{name} {it} {other}", f"[{{{{ {name} {it} {other} }}}}]"
    for it in ("3", "-1", "0", ".Values.number", '"abc"', "2.5", "true", "(int64 2)"):
        yield f"range over {it}", f"{{{{ range $i := {it} }}}}[{{{{ $i }}}}]{{{{ end }}}}"
        yield f"range pairs over {it}", f"{{{{ range $i, $e := {it} }}}}[{{{{ $i }}}}{{{{ $e }}}}]{{{{ end }}}}"


@topic("template", "compare", values=DATA)
def compare():
    for name in ("eq", "ne", "lt", "ge"):
        for a, b in itertools.product(ORDERED, ORDERED):
            yield f"{name} {a} {b}", f"{{{{ {name} {a} {b} }}}}"
    for call in ("eq 1 2 1", "eq 1 2 3", "eq 1", "eq", "ne 1 2 3", "lt 1", 'eq "a" "b" 1', "eq (list) (list)", "eq (dict) (dict)", "eq .Values .Values", "eq nil nil", "eq 1 nil", "le 1 1", "gt 2 1", 'gt "b" "a"', "le 1.5 1"):
        yield call, f"{{{{ {call} }}}}"


@topic("template", "index", values=DATA)
def index():
    things = {"list": '(list 1 "b" nil)', "map": '(dict "a" (dict "b" 1) "1" 2)', "text": '"héy"', "nil": "nil", "array": ".Values.array", "values": ".Values", "int": "5", "missing": ".Values.missing"}
    for (kind, thing), key in itertools.product(things.items(), ["", "0", "1", "9", "-1", '"a"', '"1"', '"a" "b"', "nil", "1.0", "true", '"array" 1', ".Values.number", "(int64 1)"]):
        yield f"index {kind} {key}", f"{{{{ index {thing} {key} }}}}"
    for (kind, thing), key in itertools.product(things.items(), ["", "1", "0 1", "1 9", "2 1", "-1", "0 1 2", '"a"', "nil", "1.0"]):
        yield f"slice {kind} {key}", f"{{{{ slice {thing} {key} }}}}"
    for path in (".a", ".a.b", ".a.b.c", ".1", ".missing", ".missing.x", ".Values", '.a | index "b"'):
        for kind, thing in things.items():
            yield f"field {kind} {path}", f"{{{{ with $x := {thing} }}}}{{{{ $x{path} }}}}{{{{ end }}}}"


CONSTRUCTS = [
    "a{{- 1 -}} b", "a {{- 1 }} b", "a {{ 1 -}}\n b", "a\n\n{{- /* c */ -}}\n\nb", "{{/* c */}}x", "{{ /* c */ }}", "{{- /*c*/}}x", "{{/* c */ 1}}", "{{-1}}", "{{- -1}}", "{{1-}}", "{{1 -}} x", "{{ \"{{\" }}", "{{`a\n{{b}}`}}", "{{\"a\nb\"}}", "{{'a'}}", "{{'\\n'}}", "{{'ab'}}", "{{''}}", "{{\"\\q\"}}", "{{\"a}}", "{{`a}}", "{{",
    "}}", "{{}}", "{{ }}", "{{end}}", "{{else}}", "{{if}}x{{end}}", "{{if true}}x", "{{if true}}x{{else}}y{{else}}z{{end}}", "{{if false}}x{{else if true}}y{{else}}z{{end}}", "{{if false}}x{{else with 1}}{{.}}{{end}}", "{{with false}}x{{else with 1}}{{.}}{{end}}", "{{with 0}}x{{else if 1}}y{{end}}", "{{range list}}x{{else if 1}}y{{end}}",
    "{{range $i, $e := list 1 2}}{{$i}}{{$e}}{{end}}", "{{range $e := list 1 2}}{{$e}}{{end}}", "{{range $i, $e, $f := list 1}}{{end}}", "{{range $i, := list 1}}{{end}}", "{{range until 5}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}", "{{break}}", "{{continue}}", "{{if 1}}{{break}}{{end}}", "{{range list 1}}{{break 1}}{{end}}",
    "{{$x := 1}}{{$x}}", "{{$x = 1}}", "{{$x := 1}}{{$x = 2}}{{$x}}", "{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "{{$x}}", "{{$x := 1}}{{$y}}", "{{with $x := 5}}{{$x}}{{.}}{{end}}", "{{if $x := 5}}{{$x}}{{end}}{{$x}}", "{{$.Values.number}}", "{{$x, $y := 1}}", "{{$x := }}", "{{:= 1}}", "{{$1}}", "{{$é := 1}}{{$é}}", "{{$x := 1 | add 2}}{{$x}}", "{{$x := 1}}{{$x.a}}", "{{$x := dict \"a\" 1}}{{$x.a}}{{$x.b}}",
    "{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" 5}}", "{{template \"t\" 5}}{{define \"t\"}}[{{.}}]{{end}}", "{{template \"none\"}}", "{{template \"t\"}}{{define \"t\"}}[{{.}}]{{end}}", "{{define \"t\"}}{{$}}{{end}}{{template \"t\" 1}}", "{{define t}}{{end}}", "{{define \"t\"}}", "{{define}}x{{end}}", "{{define \"a\"}}{{define \"b\"}}{{end}}{{end}}", "{{if 1}}{{define \"a\"}}x{{end}}{{end}}", "{{define \"a\"}}1{{end}}{{define \"a\"}}2{{end}}{{template \"a\"}}", "{{block \"b\" 5}}<{{.}}>{{end}}", "{{block \"b\"}}x{{end}}", "{{block \"b\" 1}}\n{{else}}x{{end}}", "{{define \"b\"}}\n{{else}}x{{end}}", "{{template 1}}", "{{template \"t\" 1 2}}", "{{template $x}}", "{{template (print \"t\")}}", "{{template `t` .}}{{define `t`}}x{{end}}",
    "{{include \"t\" 5}}{{define \"t\"}}[{{.}}]{{end}}", "{{include \"none\" .}}", "{{include \"t\"}}", "{{include 1 .}}", "{{define \"t\"}}{{fail \"no\"}}{{end}}{{include \"t\" .}}", "{{define \"t\"}}{{template \"u\" .}}{{end}}{{define \"u\"}}{{.a.b.c}}{{end}}{{include \"t\" (dict \"a\" 1)}}", "{{define \"r\"}}{{include \"r\" .}}{{end}}{{include \"r\" .}}", "{{define \"t\"}}a\nb{{end}}{{include \"t\" . | indent 2}}",
    "{{tpl \"{{.Values.number}}\" .}}", "{{tpl \"{{\" .}}", "{{tpl \"{{foo}}\" .}}", "{{tpl \"{{.a.b}}\" (dict \"a\" 1)}}", "{{tpl \"{{fail \\\"x\\\"}}\" .}}", "{{tpl 1 .}}", "{{tpl \"x\"}}", "{{tpl \"{{.}}\" 5}}", "{{tpl \"{{include \\\"t\\\" .}}\" .}}{{define \"t\"}}in{{end}}", "{{tpl \"{{define \\\"z\\\"}}Z{{end}}{{include \\\"z\\\" .}}\" .}}", "{{tpl \"{{define \\\"z\\\"}}Z{{end}}\" .}}{{include \"z\" .}}", "{{tpl \"{{.Template.Name}}\" .}}", "{{tpl \"{{tpl .x .}}\" (dict \"x\" \"{{.x}}\")}}", "{{tpl \"\\n\\n{{ .bad\" .}}", "{{tpl \"{{ $x }}\" .}}", "{{tpl .Values.missing .}}", "{{ tpl \"{{ required \\\"need\\\" .x }}\" (dict) }}",
    "{{required \"need it\" .Values.missing}}", "{{required \"need it\" \"\"}}", "{{required \"need it\" 0}}", "{{.Values.missing | required \"need\"}}", "{{fail \"x\\ny\"}}", "{{fail (printf \"%d\" 1)}}", "{{fail 1}}", "{{fail}}", "{{lookup \"v1\" \"Pod\" \"ns\" \"n\"}}", "{{(lookup \"v1\" \"Pod\" \"\" \"\").items}}", "{{lookup 1 2 3 4}}",
    "{{.x}}", "{{.Values.a.b}}", "{{.Values.number.x}}", "{{.Values.map.a.b}}", "{{.Values.map.q.r}}", "{{.Values.array.x}}", "{{(.Values.map).a}}", "{{(.Values).number}}", "{{.Values .number}}", "{{.Values.map 1}}", "{{.Values.number 1}}", "{{ .Release.Name }} {{ .Release.Foo }}", "{{ .Chart.Name }} {{ .Chart.name }}", "{{ .Foo.Bar }}", "{{ nil }}", "{{ nil.x }}", "{{ nil | print }}", "{{ 1 | nil }}", "{{ 1 | 2 }}", "{{ 1 2 }}", "{{ \"a\" 1 }}", "{{ true.x }}", "{{ (1) }}", "{{ (add 1 2) }}", "{{ (add 1 2 }}", "{{ add 1 2) }}", "{{ ( ) }}", "{{ | 1 }}", "{{ 1 | }}", "{{ 1 || 2 }}", "{{ . . }}", "{{ .. }}", "{{ .a..b }}", "{{ a.b }}", "{{ add.x }}", "{{ .Values.number | add 1 | mul 2 }}", "{{ 1 | add }}", "{{ add 1 | add 2 }}", "{{ printf \"%d\" 1 | quote }}", "{{ \"a\" | printf \"%s-%s\" \"b\" }}", "{{ 1, 2 }}", "{{ @ }}", "{{ 'a }}", "{{ 1.2.3 }}", "{{ 0xzz }}", "{{ 1e }}", "{{ _x }}", "{{ é }}", "{{ \x01 }}", "{{ a-b }}", "{{ .Values.a-b }}", "{{ a/b }}", "{{ [1] }}", "{{ {} }}", "{{ #x }}", "{{ \"a\" \"b\" | print }}", "{{ not }}", "{{ not 1 2 }}", "{{ and }}", "{{ or }}", "{{ and 0 (fail \"x\") }}", "{{ or 1 (fail \"x\") }}", "{{ and 1 (fail \"x\") }}", "{{ if and .Values.missing .Values.missing.x }}y{{ else }}n{{ end }}", "{{ len 1 }}", "{{ len nil }}", "{{ len }}", "{{ len \"é\" }}", "{{ call 1 }}", "{{ call .x }}", "{{ call nil }}", "{{ html \"<\" }}{{ js \"'\" }}{{ urlquery \"a b\" }}", "{{ \"<a>\" | html }}", "{{ print }}", "{{ println }}", "{{ printf }}", "{{ foo }}", "{{ foo.bar }}", "{{ .foo | bar }}", "{{ env \"HOME\" }}", "{{ expandenv \"$HOME\" }}", "{{ hello }}", "{{ list | first }}", "{{ dict \"a\" }}", "{{ dict 1 2 }}", "{{ get (dict) }}", "{{ .Values.GetName }}", "{{ .Files.Get \"x\" }}", "{{ .Files.Get }}", "{{ .Files.Lines \"x\" }}", "{{ .Capabilities.APIVersions.Has \"v1\" }}", "{{ .Capabilities.APIVersions.Has \"apps/v1/Deployment\" }}", "{{ .Capabilities.APIVersions.Has 1 }}", "{{ .Capabilities.APIVersions.Foo }}", "{{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Major }} {{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.GitVersion }}", "{{ .Capabilities.Foo }}", "{{ .Template.BasePath }} {{ .Template.Name }}", "{{ range $k, $v := .Chart }}{{ $k }}={{ $v }};{{ end }}", "{{ range .Values.map }}{{ . }};{{ end }}", "{{ range $i, $c := \"aé\" }}{{ $i }}{{ $c }}{{ end }}", "{{ range $x := .Values.map }}{{ $x }}{{ end }}", "x\r\ny\r\n", "{{ 1 }}\r\n{{- 2 }}\r\n", "a{{ \"\" }}b\n", "{{ \"a\\tb\" }}", "{{ `\\n` }}", "é{{ \"日\" }}", "{{ /* unclosed", "{{/* a */ -}}  x", "{{/*a*/-}} x", "{{- /* a */}} x", "{{ 3 -}}{{- 4 }}", "{{if 1 -}} x {{- end}}", "{{ 1 }}}", "{{{ 1 }}", "{ {1} }", "{{ (index (list (dict \"a\" 5)) 0).a }}", "{{ (list 1 2 | first) }}", "{{ $x := list 1 }}{{ $x = append $x 2 }}{{ $x }}", "{{ $d := dict }}{{ $_ := set $d \"a\" 1 }}{{ $d }}", "{{ with .Values.map }}{{ .z }}{{ $.Values.number }}{{ end }}", "{{ range .Values.array }}{{ kindOf . }} {{ end }}", "{{ .Values.number | toString | quote }}", "{{ true | ternary \"a\" \"b\" }}", "{{ \"%\" | printf }}", "{{ $.Release.IsInstall }} {{ not $.Release.IsUpgrade }}", "{{ if eq .Values.number 4.0 }}y{{ end }}", "{{ if eq .Values.number 4 }}y{{ end }}", "{{ if gt (int .Values.number) 3 }}y{{ end }}", "{{ template \"case/templates/t.yaml\" }}", "{{ 1 | print 2 | print 3 }}", "{{- range tuple 1 2 3 }}\n- {{ . }}\n{{- end }}", "{{ kindOf . }} {{ typeOf . }} {{ typeOf .Values }} {{ typeOf .Chart }} {{ typeOf .Capabilities }} {{ typeOf .Files }} {{ typeOf .Release }} {{ typeOf .Template }}",
]


@topic("template", "constructs", values=DATA)
def constructs():
    for text in dict.fromkeys(CONSTRUCTS):
        yield json.dumps(text, ensure_ascii=False), text


@topic("helm", "merging")
def merging():
    sub = {"file charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n"}
    shown = "{{ toYaml .Values }}\n--\n{{ include \"sub\" . }}"
    for chart, user in itertools.product(
            ["a: 1\n", "a: {b: 1, c: 2}\n", "a: [1, 2]\n", "a: null\n", "a: {}\n", "global: {x: 1}\n", "sub: {p: 9}\n", "sub: null\n", "a: {b: {c: 1}}\nsub: {global: {y: 2}, q: {r: 1}}\n"],
            ["{}", "a: 2\n", "a: null\n", "a: {b: null}\n", "a: {b: 5, d: 6}\n", "a: []\n", "global: {x: null, z: 3}\n", "global: 1\n", "sub: {p: null, q: 1}\n", "sub: 1\n", "sub: {global: {x: 7}}\n", "a: {b: {c: null}}\n"]):
        yield f"{chart.strip()!r} under {user.strip()!r}", {**sub, "file values.yaml": chart, "file charts/sub/values.yaml": "p: 1\nq: {r: 2, s: 3}\nglobal: {x: 0, w: 4}\n", "values": user,
                "file charts/sub/templates/_h.tpl": '{{ define "sub" }}{{ toYaml .Subcharts.sub.Values }}{{ end }}', "template": shown}


@topic("helm", "objects")
def objects():
    files = {"file files/a.txt": "one\ntwo\n", "file files/b.json": '{"x": 1}', "file files/sub/c.bin": "é", "file README.md": "# r"}
    for text in ['{{ .Files.Get "files/a.txt" }}', '{{ .Files.Get "none" }}|', '{{ range .Files.Lines "files/a.txt" }}[{{ . }}]{{ end }}', '{{ .Files.Lines "none" }}', '{{ (.Files.Glob "files/*").AsConfig }}', '{{ (.Files.Glob "files/**").AsSecrets }}', '{{ (.Files.Glob "*").AsConfig }}',
                 '{{ range $p, $b := .Files.Glob "**" }}{{ $p }} {{ end }}', '{{ range $p, $_ := .Files }}{{ $p }} {{ end }}', '{{ .Files.GetBytes "files/a.txt" }}', '{{ .Files.GetBytes "files/a.txt" | toString }}', '{{ (.Files.Glob "[").AsConfig }}', '{{ (.Files.Glob "files/{a,b}*").AsConfig }}', '{{ .Files.Glob "files/a.txt" }}', '{{ len .Files }}', '{{ .Files.Get 1 }}', '{{ .Files.Foo }}', '{{ toYaml (.Files.Glob "files/*") }}', '{{ typeOf (.Files.Glob "x") }}', '{{ (.Files.Glob "none").AsConfig }}|', '{{ .Files.Get "Chart.yaml" }}{{ .Files.Get "README.md" }}{{ .Files.Get "templates/t.yaml" }}', '{{ index .Files "README.md" }}', '{{ fromYaml (.Files.Get "files/b.json") }}', '{{ printf "%s" (.Files.Get "files/sub/c.bin") }}', '{{ if .Files }}y{{ end }}', '{{ .Files.AsConfig | quote }}']:
        yield text, {**files, "template": text}
    for options in ({}, {"name": "r"}, {"namespace": "ns"}, {"kube_version": "1.20.3"}, {"kube_version": "v1.33"}, {"api_versions": ["x/v1", "y/v2/Kind"]}):
        yield f"options {json.dumps(options)}", {"options": json.dumps(options), "template": '{{ .Release }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.APIVersions.Has "x/v1" }} {{ .Capabilities.APIVersions.Has "y/v2/Kind" }} {{ len .Capabilities.APIVersions }} {{ .Capabilities.HelmVersion.Version }} {{ semverCompare ">=1.21-0" .Capabilities.KubeVersion.Version }}'}
    for chart in ["appVersion: 1.2", "appVersion: \"1.20\"", "type: library", "type: application", "kubeVersion: \">=1.20.0\"", "kubeVersion: \">=9\"", "description: d\nkeywords: [a, b]\nhome: h\nsources: [s]\nicon: i\nmaintainers: [{name: m, email: e, url: u}]\nannotations: {a: b}\ndeprecated: true", "dependencies: []", "condition: x", "name: other"]:
        yield f"chart {chart!r}", {"file Chart.yaml": f"apiVersion: v2\nname: case\nversion: 0.1.0\n{chart}\n" if "name: other" not in chart else "apiVersion: v2\nname: other\nversion: 0.1.0\n", "template": "{{ toJson .Chart }}"}


def main():
    for name, table in functions():
        TOPICS["functions", name] = (lambda table=table: table, {"values": DATA})
    TOPICS.update(generate_charts.TOPICS)
    kept = {path: record.read(path) for path in OUT.rglob("*.txt")} if OUT.is_dir() else {}
    count = 0
    for (area, name), (make, prelude) in TOPICS.items():
        path = OUT / area / f"{name}.txt"
        old = {case.name: case for case in kept.pop(path, ({}, []))[1]}
        cases = []
        for title, body in dict(make()).items():
            case = record.Case(title)
            case.sections = {"template": body} if isinstance(body, str) else dict(body)
            if "values" in case.sections:
                case.sections["values"] = case.sections["values"].removesuffix("\n")
            if "template" in case.sections:
                case.sections["template"] = case.sections.pop("template")
            before = old.get(title)
            if before:
                results = {k: v for k, v in before.sections.items() if k in record.RESULTS}
                if {**case.sections, **results} == before.sections:
                    case.sections.update(results)
            cases.append(case)
        count += len(cases)
        path.parent.mkdir(parents=True, exist_ok=True)
        record.write(path, "v4.2.3", prelude, cases)
    for path in kept:
        path.unlink()
    print(f"{count} cases")


if __name__ == "__main__":
    main()
