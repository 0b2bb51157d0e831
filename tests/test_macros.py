"""Functions of plugins: rules with parameters, checked where they are called, told in words, counted by the engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac import config, plugins
from aac.errors import PluginError
from aac.expressions import parsed, spelling
from aac.expressions.check import FUNCTIONS as SIGNATURES
from aac.expressions.macros import Function
from aac.expressions.nodes import Applied, Call, Literal, Stored
from aac.loading import load
from aac.operations import open_project
from tests.commands import run_aac
from tests.loading import CONFIG, KINDS
from tests.small import COMPANY, measured, metric, number, write_project

if TYPE_CHECKING:
    from aac.project import Project

DOCS = Path(__file__).parent.parent / "docs"
FREE = Function("is_free_mail", ("address",), "lower(address) like '%@gmail.com'", "An address of nobody's company.")
NEAR = Function(
    "is_near", ("a", "b"), "abs(a - b) <= param.near", "Two numbers that differ little.", "{a} is close to {b}"
)
PER_HEAD = Function("per_head", ("amount", "heads"), "amount / nullif(heads, 0)", "An amount a head.")
EITHER = Function("is_either", ("x",), "is_free_mail(x) or x in list.known", "One of two.")
FIRST = Function("first_moment", ("a", "b"), "least(coalesce(a, b), coalesce(b, a))", "The first of two moments.")
FUNCTIONS = {function.name: function for function in (FREE, NEAR, PER_HEAD, EITHER, FIRST)}
SETTINGS = f"{CONFIG}[param]\nnear = 5\n"
BASE = """\
kind: team
id: sales
name: Sales
---
kind: list
id: known
owner: sales
values: [ann@acme.example]
---
kind: entity
id: account
from: crm.account
key: id
fields: {id: text, mail: text, rep_mail: {is: lower(mail)}, free: {is: is_free_mail(mail)}}
---
kind: entity
id: lead
from: crm.lead
key: id
fields:
  id: text
  email: text
  stage: {type: text, values: [new, won]}
  account: {ref: account}
  score: {type: integer, unit: score}
  wanted: {type: integer, unit: score}
  paid: {type: money, unit: EUR}
  heads: integer
  called_at: timestamp
  mailed_at: timestamp
"""


def loaded(root: Path, rule: str, key: str = "when", **functions: Function) -> tuple[Project, list[tuple[str, ...]]]:
    """A definition with a rule, and what is wrong with it: code, message, advice and place."""
    (root / "alignment").mkdir(exist_ok=True)
    (root / "aac.toml").write_text(SETTINGS)
    word = f"---\nkind: definition\nid: word\nof: lead\nowner: sales\nwhen: true\n{key}: {rule}\n"
    (root / "alignment" / "all.yml").write_text(BASE + word.replace("when: true\nwhen:", "when:"))
    rules = parsed.Rules(functions={**FUNCTIONS, **functions})
    project, findings = load(config.load(root), KINDS, rules)
    return project, [(f.code, f.message, f.instead, str(f.span)) for f in findings]


def words(root: Path, rule: str) -> str:
    project, findings = loaded(root, rule)
    assert findings == []
    return dict(project.in_words("definition", "word"))["when"]


def test_a_call_means_the_rule_of_what_it_is_given(tmp_path: Path) -> None:
    project, findings = loaded(tmp_path, "is_free_mail(email)")
    assert findings == []
    email = Stored("lead", "email")
    like = Call("like", (Call("lower", (email,)), Literal("%@gmail.com")))
    node = project.rules["definition", "word"]["when",].node
    assert isinstance(node, Applied)
    assert (node.function, node.arguments, node.body) == ("is_free_mail", (email,), like)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("is_free_mail(email)", "it is free mail of email"),
        ("not is_free_mail(email)", "it is not free mail of email"),
        ("score > 5 and is_free_mail(account.mail)",
         "score is more than 5 and it is free mail of the mail of its account"),
        ("account.free", "its account is counted as free"),
        ("is_near(score, wanted)", "score is close to wanted"),
        ("not is_near(score, 5)", "it is not true that score is close to 5"),
        ("is_near(score + 1, wanted)", "(score plus 1) is close to wanted"),
        ("per_head(paid, heads) > 10", "per head of paid and heads is more than 10"),
        ("first_moment(called_at, mailed_at) is null", "first moment of “called at” and “mailed at” is not known"),
        ("is_free_mail(email) = is_free_mail(account.mail)", "both or neither of these hold: "
         "it is free mail of email and it is free mail of the mail of its account"),
    ],
)  # fmt: skip
def test_a_call_in_words(tmp_path: Path, rule: str, said: str) -> None:
    assert words(tmp_path, rule) == said


@pytest.mark.parametrize(
    ("rule", "code", "message", "instead", "column"),
    [
        # what was given is wrong by itself: told there
        ("is_free_mail(emial)", "AAC203", "`emial` means nothing on `lead`",
         "did you mean `email`?", 20),
        ("is_free_mail(email, 5)", "AAC302", "`is_free_mail` takes one value, not 2",
         "write `is_free_mail(address)`", 7),
        # what does not go with the rule: told of the call
        ("score > 5 and is_free_mail(score)", "AAC302", "this is an integer, and text is needed here, "
         "in the function `is_free_mail`", "name a text field, or write a value in single quotes", 21),
        ("score > 5 and is_near(score, paid)", "AAC304", "units do not fit: score and EUR are different units, "
         "in the function `is_near`", "use values of one unit, or leave the unit of one field out", 21),
        ("is_either(stage)", "AAC305", "", "", 7),
        ("is_free_mial(email)", "AAC303", "there is no function `is_free_mial`", "did you mean `is_free_mail`?", 7),
        ("is_free_mail('x' + 1)", "AAC302", "", "", 20),
        ("is_free_mail(count(*))", "AAC307", "", "", 20),
    ],
)  # fmt: skip
def test_a_fault_stands_where_it_is(
    tmp_path: Path, rule: str, code: str, message: str, instead: str, column: int
) -> None:
    _, findings = loaded(tmp_path, rule)
    line = BASE.count("\n") + 6
    assert [(told[0], told[3]) for told in findings] == [(code, f"alignment/all.yml:{line}:{column}")], findings
    if message:
        assert findings[0][1:3] == (message, instead)


def test_what_is_allowed_is_told_with_them(tmp_path: Path) -> None:
    _, ((code, message, instead, _),) = loaded(tmp_path, "score & 1")
    assert (code, message) == ("AAC303", "`score & 1` is not part of the rule language")
    assert "is_either, is_free_mail, is_near, least" in instead
    ours = replace(FREE, name="is_of_us")
    (told,) = {instead for _, _, instead, _ in loaded(tmp_path, "is_of_uss(email)", is_of_us=ours)[1]}
    assert told == "did you mean `is_of_us`?"


def test_calls_in_calls_are_bounded(tmp_path: Path) -> None:
    double = Function("twice", ("x",), "x + x", "Two of it.")
    calls = "twice(" * 30 + "score" + ")" * 30
    _, ((code, message, *_),) = loaded(tmp_path, f"{calls} > 1", twice=double)
    assert (code, message) == ("AAC306", "the rule has more than 20,000 parts, with all that it names")


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (("f", ("x",), "f(x)"), "a ring of functions: f needs f"),
        (("f", ("x",), "x >"), "something is missing beside `>` in its rule"),
        (("f", ("x",), "email = x"), "`email` in its rule is none of its parameters"),
        (("f", ("x",), "x.mail"), "`x.mail` in its rule is none of its parameters"),
        (("f", ("x",), "sum(x)"), "`sum` is over many records"),
        (("f", ("x", "y"), "x + 1"), "its rule makes no use of `y`"),
        (("f", (), "1"), "it has no parameter"),
        (("f", ("x", "x"), "x + x"), "`f(x, x)` is no call of a function"),
        (("f", ("from",), "1"), "`f(from)` is no call of a function"),
        (("case", ("x",), "x"), "`case(x)` is no call of a function"),
        (("cast", ("x",), "x"), "`cast(x)` is no call of a function"),
        (("select", ("x",), "x"), "`select(x)` is no call of a function"),
        (("F", ("x",), "x"), "`F(x)` is no call of a function"),
        (("a b", ("x",), "x"), "`a b(x)` is no call of a function"),
        (("f", ("x",), "x", "{y}"), "it says {y}, which is none of its parameters"),
        (("f", ("x",), "x", "{x"), "a brace that does not pair"),
    ],
)
def test_a_function_that_cannot_be_used_is_refused(function: tuple[str, tuple[str, ...], str], told: str) -> None:
    name, parameters, rule, *says = function
    made = Function(name, parameters, rule, "It means something.", *says)
    with pytest.raises(PluginError) as refused:
        parsed.Rules(functions={name: made})
    assert told in str(refused.value)


def test_a_ring_of_several_is_told_with_its_links() -> None:
    texts = {"a": "b(x)", "b": "c(x) + 1", "c": "a(x)", "d": "a(x)"}
    functions = {name: Function(name, ("x",), text, "Something.") for name, text in texts.items()}
    with pytest.raises(PluginError, match="a ring of functions: a needs b needs c needs a"):
        parsed.Rules(functions=functions)


# -- as plugins of a project

PLUGIN = """\
from aac import Function, hookimpl

@hookimpl
def aac_functions():
    return [Function({name!r}, ("address",), {rule!r}, "Addresses that say nothing.")]
"""
LEADS = {"lead": "id,email\n1,a@GMAIL.com\n2,b@acme.example\n3,\n4,c@gmail.com\n"}
DOCUMENTS = """\
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, email: text}
---
kind: definition
id: business
of: lead
owner: sales
when: not is_free_mail(email)
---
"""


def test_the_example_of_the_documentation_runs(root: Path) -> None:
    page = (DOCS / "reference" / "functions.md").read_text(encoding="utf-8")
    (root / "plugins" / "mail.py").write_text(page.split("```python\n")[1].split("```")[0])
    with (root / "alignment" / "all.yml").open("a") as file:
        file.write("kind: list\nid: shared_addresses\nowner: sales\nvalues: [info@acme.example]\n")
    assert errors(root) == set()
    (said,) = [text for _, text in open_project(root).project.in_words("definition", "business")]
    assert said == "it is not true that email is at a free mailer"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    metrics = metric("share_of_business", "share(business)", of="lead", unit="percent")
    metrics += metric("free", "count_if(is_free_mail(email))", of="lead")
    write_project(tmp_path / "p", COMPANY + DOCUMENTS + metrics, LEADS)
    bring(tmp_path / "p", "mail", "is_free_mail", "lower(address) like '%@gmail.com'")
    return tmp_path / "p"


def bring(root: Path, file: str, name: str, rule: str) -> None:
    (root / "plugins").mkdir(exist_ok=True)
    (root / "plugins" / f"{file}.py").write_text(PLUGIN.format(name=name, rule=rule))


def test_what_it_comes_to(root: Path) -> None:
    """Of four leads two have free mail, one has not, and of one it is not known."""
    results = measured(root, "all")
    free, share = number(results, "free", "all"), number(results, "share_of_business", "all")
    assert (free.value, free.unknown) == (2, 1)
    assert (share.numerator, share.denominator, share.unknown) == (1, 3, 1)


def errors(root: Path) -> set[tuple[str, str]]:
    return {(told.code, told.message) for told in open_project(root).findings if told.level == "error"}


def test_it_is_read_anew_when_its_plugin_changes(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert errors(root) == set()
    with monkeypatch.context() as patch:
        patch.setattr(parsed.parser, "parse", None)  # nothing is parsed again
        assert errors(root) == set()
    (root / "plugins" / "mail.py").unlink()
    assert errors(root) == {("AAC303", "there is no function `is_free_mail`")}


def test_names_that_are_taken_are_refused(root: Path) -> None:
    bring(root, "other", "is_free_mail", "address = 'x'")
    with pytest.raises(PluginError, match=r"plugins/mail\.py and plugins/other\.py both bring the function is_free_m"):
        plugins.load(root)
    # no two are as long: within a second Python does not see that a file of the same size is another one
    for name in ("lower", "coalesce", "not", "eq"):
        bring(root, "other", name, "address = 'x'")
        with pytest.raises(PluginError, match=rf"plugins/other\.py brings the function {name}, which aac has itself"):
            plugins.load(root)


def test_no_function_has_the_name_of_an_operator() -> None:
    assert {*SIGNATURES, "in_list"} <= {*spelling.ALL, *spelling.OPERATORS}


def test_a_ring_ends_every_command_that_reads_the_project(root: Path) -> None:
    bring(root, "mail", "is_free_mail", "is_free_mail(address)")
    done = run_aac(root, "validate")
    assert (done.returncode, done.stdout) == (2, "")
    assert "a ring of functions: is_free_mail needs is_free_mail" in done.stderr


def test_without_plugins_a_function_is_no_mistake_unless_it_is_misspelt(root: Path) -> None:
    done = run_aac(root, "validate", "--no-plugins")
    assert done.returncode == 0, done.stdout
    assert "note[AAC303]: there is no function `is_free_mail` without the plugins of the project" in done.stdout
    document = root / "alignment" / "all.yml"
    for misspelt in ("lowr", "now", "len"):
        document.write_text(DOCUMENTS.replace("is_free_mail", misspelt))
        done = run_aac(root, "validate", "--no-plugins")
        assert (done.returncode, "error[AAC303]" in done.stdout) == (2, True), done.stdout
