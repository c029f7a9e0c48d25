"""Reads the JSON of `inettop why` and holds it against what is expected.
Usage: why_check.py VERDICT CODE,CODE... (a code with ! must not be there)
Always: the schema holds, every prediction that is not null equals what the probe got, and the verdict is free exactly
when plain is 0 for every address. Prints what is wrong; exit 0 when nothing is."""
import json
import os
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)


def schema_errors(answer):
    try:
        import jsonschema
    except ImportError:
        return []
    path = os.path.join(os.environ["top_srcdir"], "doc", "schema", "why.json")
    with open(path, encoding="utf-8") as f:
        schema = json.load(f)
    resolver = jsonschema.RefResolver("file://" + os.path.abspath(path), schema)
    errors = jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(answer)
    return [f"schema: {list(e.absolute_path)}: {e.message[:200]}" for e in errors][:3]


def main():
    verdict, codes = sys.argv[1], [c for c in sys.argv[2].split(",") if c]
    text = sys.stdin.read()
    try:
        answer = json.loads(text)
    except ValueError:
        sys.exit(f"no JSON: {text[:200]!r}")
    found = [c["code"] for c in answer["causes"]]
    wrong = schema_errors(answer)
    if answer["verdict"] != verdict:
        wrong.append(f"verdict {answer['verdict']}, not {verdict}")
    for code in codes:
        if code.startswith("!") and code[1:] in found:
            wrong.append(f"cause {code[1:]} is told")
        if not code.startswith("!") and code not in found:
            wrong.append(f"cause {code} is missing")
    plain = []
    for said, tried in (("bind", "probe"), ("bind6", "probe6")):
        if answer[said] is None:
            continue
        plain.append(answer[said]["plain"])
        for variant, value in answer[said].items():
            real = (answer[tried] or {}).get(variant)
            if value is not None and real is not None and value != real:
                wrong.append(f"{said}.{variant} {value}, really {real}")
    if (answer["verdict"] == "free") != all(p == 0 for p in plain):
        wrong.append(f"verdict {answer['verdict']} with plain {plain}")
    for cause in answer["causes"]:
        if not cause["text"]:
            wrong.append(f"{cause['code']} says nothing")
    if wrong:
        print("; ".join(wrong), "- causes:", " ".join(found))
        print(json.dumps({k: answer[k] for k in ("bind", "probe", "bind6", "probe6")}))
        for cause in answer["causes"]:
            print(f"{cause['code']}: {cause['text']}")
    sys.exit(bool(wrong))


main()
