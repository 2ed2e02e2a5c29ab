"""The parser that looks: a real server with good, bad, late and refused answers, and tiny real models."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from functools import wraps
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch import registry
from finetouch.engine.editor import Editor
from finetouch.engine.models import Models
from finetouch.engine.pipeline import Pipeline
from finetouch.errors import Cancelled, NotUnderstood
from finetouch.hub.presets import preset
from finetouch.imaging import io
from finetouch.plan._vlm_answer import EXAMPLE, SYSTEM, BadAnswer, answer_schema, read_answer
from finetouch.plan._vlm_endpoint import Endpoint, is_local
from finetouch.settings import settings
from finetouch.types import EditStep, Picture, Reporter

sys.path.append(str(Path(__file__).parent))
from vlm_server import serve

WORDS = "replace the left dog with a cat"
GOOD = json.dumps({
    "steps": [{
        "op": "replace", "target": "dog", "attributes": ["brown"], "position": "leftmost", "count": "one",
        "result": "cat", "color": None, "params": {}, "prompt": "a tabby cat on grass", "negative": "dog, blurry",
        "instruction": "replace the dog with a cat",
    }]
})  # fmt: skip


@pytest.fixture
def use(monkeypatch):
    """Settings from the environment, read anew."""

    def settle(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"FINETOUCH_{name.upper()}", str(value))
        settings.cache_clear()

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield settle
    settings.cache_clear()


def picture(height: int = 60, width: int = 90) -> Picture:
    return Picture(np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8))


def read(name: str = "sd15", words: str = WORDS, report: Reporter | None = None, shown: Picture | None = None, **more):
    return Pipeline(name, **more).plan(words, "vlm", picture() if shown is None else shown, report)


def test_the_plan_comes_from_the_model_with_words_for_the_generator(use):
    with serve(GOOD) as stub:
        use(vlm_url=stub.url, vlm_key="secret-key")
        plan = read()
    step = plan.steps[0]
    assert plan.parser == "vlm" and plan.instruction == WORDS and not plan.warnings
    assert (step.op, step.target, step.attributes, step.position, step.result) == (
        "replace", "dog", ("brown",), "leftmost", "cat",
    )  # fmt: skip
    assert step.params == {"prompt": "a tabby cat on grass", "negative": "dog, blurry"}, "what inpaint takes"
    body = stub.asked[0]
    assert body["model"] == "stub-vl" and body["temperature"] == 0
    constraint = body["response_format"]["json_schema"]["schema"]
    assert body["response_format"]["type"] == "json_schema" and constraint == answer_schema()
    shown = body["messages"][1]["content"]
    head, data = shown[0]["image_url"]["url"].split(",", 1)
    assert head == "data:image/jpeg;base64" and io.load(base64.b64decode(data)).size == (90, 60)
    assert WORDS in shown[1]["text"] and stub.headers[0]["Authorization"] == "Bearer secret-key"


def test_each_method_gets_the_words_it_takes_and_no_others(use):
    smile = {"op": "adjust", "target": "dog", "result": "smiling", "prompt": "p", "instruction": "make the dog smile"}
    tone = {"op": "adjust", "target": "dog", "params": {"brightness": 0.3}, "prompt": "p", "instruction": "i"}
    with serve(json.dumps({"steps": [smile, tone]})) as stub:
        use(vlm_url=stub.url)
        plan = read()
        assert plan.steps[0].params == {"instruction": "make the dog smile"}
        assert plan.steps[1].params == {"brightness": 0.3}
        assert all("prompt" not in s.params for s in read("embedded").steps)


@pytest.mark.parametrize(
    "bad",
    ["", "I would remove the dog.", '{"steps": []}', '{"steps": [{"op": "explode"}]}', '{"steps": [{"op": "remove"}]}',
     '{"steps": [{"op": "remove", "target": "dog", "mask": "/etc/passwd"}]}',
     '{"steps": [{"op": "remove", "target": "dog", "method": "fill"}]}',
     '{"steps": [{"op": "remove", "target": "dog", "position": "northeast"}]}',
     '{"steps": [{"op": "adjust", "target": "dog", "params": {"brightness": 7}}]}',
     '{"steps": [{"op": "adjust", "target": "dog", "params": {"candidates": 16}}]}',
     '{"steps": [{"op": "remove", "target": "dog", "count": -1}]}', '{"steps": {"op"', '{"steps": "none"}'],
)  # fmt: skip
def test_a_bad_answer_is_repaired_once(use, bad):
    with serve(bad, f"Sure! ```json\n{GOOD}\n```") as stub:
        use(vlm_url=stub.url)
        plan = read()
    assert plan.parser == "vlm" and plan.steps[0].result == "cat" and "asked again" in plan.warnings[0]
    told = stub.asked[1]["messages"]
    assert [m["role"] for m in told] == ["system", "user", "assistant", "user"] and len(stub.asked) == 2
    with pytest.raises(BadAnswer) as caught:
        read_answer(bad)
    assert told[3]["content"].startswith(str(caught.value)), "the model is told what was wrong"


def by_grammar(plan, *reasons: str) -> None:
    assert plan.parser == "grammar" and plan.steps[0].op == "replace" and plan.steps[0].position == "leftmost"
    assert "the grammar did" in plan.warnings[0]
    for reason in reasons:
        assert reason in plan.warnings[0], plan.warnings[0]


def test_after_two_bad_answers_the_grammar_takes_over_and_says_so(use):
    with serve("nonsense") as stub:
        use(vlm_url=stub.url)
        by_grammar(read(), "Two answers", "no JSON object")
    assert len(stub.asked) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"choices": [{"message": {"content": None, "refusal": "I cannot help with that."}}]}, "refuses: I cannot"),
        ({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}, "content filter"),
        ({"choices": []}, "no answer"),
        ({"surprise": 1}, "no answer"),
        (500, "500 no, 500"),
        (401, "FINETOUCH_VLM_KEY"),
        (404, "FINETOUCH_VLM_MODEL"),
        (307, "307"),
        (400, "refused the question"),
    ],
    ids=str,
)
def test_refusals_and_errors_of_the_server(use, answer, reason):
    with serve(answer) as stub:
        use(vlm_url=stub.url, vlm_key="secret-key")
        plan = read()
    by_grammar(plan, reason)
    assert "secret-key" not in plan.model_dump_json()


def test_garbage_instead_of_json_and_a_server_without_models(use, monkeypatch):
    with serve(lambda _: b"<html>") as stub:
        monkeypatch.setattr(stub, "next", lambda body: (200, b"\xff<html>"))
        use(vlm_url=stub.url)
        by_grammar(read(), "cannot be read")
    with serve(GOOD, models=[]) as stub:
        use(vlm_url=stub.url)
        by_grammar(read(), "offers no model")


def test_an_endpoint_that_is_down_or_no_address(use):
    use(vlm_url="http://127.0.0.1:9/v1", vlm_model="m")
    by_grammar(read(), "cannot be reached", "m at 127.0.0.1:9")
    for odd in ("localhost:11434", "ftp://localhost/v1", "http://", "http://[::1", "http://x:99999999/v1"):
        use(vlm_url=odd)
        by_grammar(read(), "not the address")


def test_a_server_that_is_too_slow_and_one_that_is_cancelled(use):
    with serve(GOOD, wait=3.0) as stub:
        use(vlm_url=stub.url, vlm_timeout=0.2, vlm_model="slow")
        by_grammar(read(), "within 0.2 s")
        use(vlm_timeout=60)
        stop = Event()

        def listen(progress) -> None:
            if progress.stage == "plan":
                stop.set()

        with pytest.raises(Cancelled):
            read(report=Reporter(listen, stop))


def test_servers_that_know_no_schema_or_no_pictures_are_asked_in_simpler_words(use):
    def picky(body):
        if "response_format" in body or not isinstance(body["messages"][1]["content"], str):
            return 400
        return GOOD

    with serve(picky) as stub:
        use(vlm_url=stub.url)
        assert read().parser == "vlm"
    forms = [("response_format" in b, isinstance(b["messages"][1]["content"], list)) for b in stub.asked]
    assert forms == [(True, True), (False, True), (False, False)]


def test_offline_means_this_machine_only(use):
    use(vlm_url="https://vlm.example.org/v1", vlm_model="m")
    by_grammar(read(offline=True), "Going online is forbidden", "vlm.example.org")
    with serve(GOOD) as stub:
        use(vlm_url=stub.url)
        assert read(offline=True).parser == "vlm"
    for host, local in (("localhost", True), ("127.8.0.1", True), ("::1", True), ("10.0.0.1", False),
                        ("localhost.evil.org", False), ("", False)):  # fmt: skip
        assert is_local(host) is local


def test_without_any_model_the_grammar_says_how_to_get_one():
    plan = Pipeline("embedded").plan(WORDS, "vlm")
    by_grammar(plan, "FINETOUCH_VLM_URL", "--set vlm=PLACE")
    by_grammar(Pipeline("sd15", offline=True).plan(WORDS, "vlm"), "models download sd15 --role vlm")
    with pytest.raises(NotUnderstood) as caught:
        Pipeline("embedded").plan("qwxz plfh", "vlm")
    assert "vision-language" in caught.value.hint


def test_a_model_may_read_what_the_grammar_cannot(use):
    with serve(GOOD) as stub:
        use(vlm_url=stub.url)
        assert read(words="ersetze den linken Hund durch eine Katze").parser == "vlm"
        with pytest.raises(NotUnderstood):
            read(words="  !! ")


def test_the_example_and_the_prompt_fit_the_schema():
    said = read_answer(EXAMPLE)[0]
    assert said.step == EditStep(op="replace", target="dog", position="leftmost", count="one", result="orange cat")
    assert set(said.words) == {"prompt", "negative", "instruction"}
    steps = answer_schema()["properties"]["steps"]["items"]["properties"]
    assert not {"mask", "method", "seed", "points", "box"} & set(steps) and "$ref" not in json.dumps(answer_schema())
    for op in steps["op"]["enum"]:
        assert f"{op} (" in SYSTEM, f"the model is not told about {op}"


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12)
    | st.sampled_from(["remove", "add", "dog", "leftmost", "all"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["steps", "op", "target", "params", "relation", "type", "anchor", "count", "blur", "result"]),
        inner, max_size=4), max_leaves=12))  # fmt: skip
def test_no_answer_can_break_the_check(answer):
    for text in (json.dumps(answer), json.dumps({"steps": [answer]}), json.dumps({"steps": answer})):
        try:
            assert read_answer(text)
        except BadAnswer as error:
            assert str(error)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_can_break_it_either(before, after):
    for text in (before, before + "{" + after, "{" * 50 + before, "[" * 30000):
        with pytest.raises(BadAnswer):
            read_answer(text)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (3, 2)], ids=str)
def test_thin_pictures_can_be_shown(use, size):
    with serve(GOOD) as stub:
        use(vlm_url=stub.url)
        assert read(shown=picture(*size)).parser == "vlm"


def test_a_dry_run_names_who_reads(use):
    from finetouch.engine.dryrun import rehearse

    with serve(GOOD) as stub:
        use(vlm_url=stub.url)
        pipeline = Pipeline("sd15", selector="vlm")
        found = rehearse(pipeline, pipeline.plan(WORDS, "vlm", picture()))
        assert found["steps"][0]["selector"] == "vlm"
        assert {m["role"] for m in found["models"]} == {"inpaint", "grounder", "segmenter"}, "a server needs no weights"
        use(vlm_url="")
        assert "vlm" in {m["role"] for m in rehearse(pipeline, pipeline.plan(WORDS))["models"]}


def test_the_key_is_never_shown():
    assert "secret" not in repr(Endpoint("http://localhost/v1", "m", "secret"))
    assert "secret" not in Endpoint("http://user:secret@localhost:1/v1", "m").identity


def test_the_editor_records_who_read_the_words(use, coffee):
    tone = json.dumps({"steps": [{"op": "global", "params": {"brightness": 0.3}, "prompt": "light"}]})
    with serve(tone) as stub:
        use(vlm_url=stub.url)
        result = Editor(coffee, preset="embedded").apply("make it brighter", parser="vlm", seed=1, verify=False)
    assert result.provenance.plan.parser == "vlm"
    assert result.provenance.models["parser"] == f"stub-vl at {stub.url.removeprefix('http://')}"
    plain = Editor(coffee, preset="embedded").apply("make it brighter", seed=1, verify=False)
    assert "parser" not in plain.provenance.models


def test_words_that_a_method_does_not_take_are_left_out_and_said(coffee):
    step = EditStep(op="global", params={"brightness": 0.3, "prompt": "light", "negative": "dark"}, method="tone")
    result = Editor(coffee).apply(step, seed=1, verify=False)
    assert any("'tone' takes no prompt or negative" in line for line in result.report)


def test_from_the_command_line(tmp_path, coffee):
    from PIL import Image

    Image.fromarray(coffee).save(tmp_path / "photo.png")
    tone = json.dumps({"steps": [{"op": "global", "params": {"brightness": 0.3}}]})
    with serve(tone) as stub:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "FINETOUCH_"))}
        env |= {"FINETOUCH_VLM_URL": stub.url, "OMP_NUM_THREADS": "1"}

        def finetouch(*args: str) -> dict:
            command = [sys.executable, "-m", "finetouch.cli.main", *args, "--json"]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=env, timeout=200)
            assert done.returncode == 0, done.stderr.decode()[-2000:]
            return json.loads(done.stdout)

        plan = finetouch("plan", "mach es heller", "--parser", "vlm", "--image", "photo.png")
        assert plan["parser"] == "vlm" and plan["steps"][0]["params"] == {"brightness": 0.3}
        assert isinstance(stub.asked[0]["messages"][1]["content"], list), "the picture was shown"
        made = finetouch("edit", "photo.png", "mach es heller", "--parser", "vlm", "-o", "out.png", "--seed", "1")
        assert made["provenance"]["models"]["parser"].startswith("stub-vl at 127.0.0.1")
        assert (tmp_path / "out.png").is_file()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    pytest.importorskip("torch")
    import tiny_editors

    make = tmp_path_factory.mktemp
    return {
        "llava": tiny_editors.llava(make("llava")), "llava-next": tiny_editors.llava(make("next"), following=True),
        "qwen": tiny_editors.qwen_vl(make("qwen")),
    }  # fmt: skip


@pytest.mark.parametrize("who", ["llava", "llava-next", "qwen"])
def test_models_on_this_machine_are_asked_through_the_public_path(tiny, who, use, monkeypatch):
    from finetouch.plan import _vlm_local

    monkeypatch.setattr(_vlm_local, "TOKENS", 24)
    seen = []
    use(vlm_url="http://127.0.0.1:9/v1")
    plan = read("embedded", models={"vlm": str(tiny[who])}, report=Reporter(seen.append))
    by_grammar(plan, "Two answers")  # random weights write nonsense; that they were asked is the point
    assert sum(p.stage == "plan" and p.total == 24 for p in seen) >= 20, "a model given by hand goes before the server"
    stop = Event()
    with pytest.raises(Cancelled):
        read("embedded", models={"vlm": str(tiny[who])},
             report=Reporter(lambda p: stop.set() if p.total == 24 and p.step == 3 else None, stop))  # fmt: skip


@pytest.mark.parametrize("who", ["llava", "llava-next", "qwen"])
def test_what_a_model_writes_becomes_the_plan(tiny, who, monkeypatch):
    """The same path with the model's choice of tokens led to a good answer: it ends by itself where it is complete."""
    models = Models(preset("embedded"), overrides={"vlm": str(tiny[who])})
    loaded = models.get("vlm")
    model, tokenizer = loaded["model"], loaded["tokenizer"]
    wanted = tokenizer.encode(GOOD.removeprefix('{"steps": [') + " and much more" * 20, add_special_tokens=False)
    usual, written = type(model).forward, []

    @wraps(usual)
    def led(self, *args, **kwargs):
        out = usual(self, *args, **kwargs)
        if len(written) < len(wanted):
            out.logits[:, -1] = -100.0
            out.logits[:, -1, wanted[len(written)]] = 100.0
        written.append(1)
        return out

    monkeypatch.setattr(type(model), "forward", led)
    plan = Pipeline(models=models).plan(WORDS, "vlm", picture())
    assert plan.parser == "vlm" and plan.steps[0].result == "cat" and plan.steps[0].attributes == ("brown",)
    assert len(written) < len(GOOD) + 10, "it stopped when the object was complete"
    assert registry.get("parser", "vlm").cls.sees


def test_a_picture_really_reaches_the_model(tiny):
    from finetouch.plan._vlm_local import LocalModel, _inputs
    from finetouch.plan._vlm_talk import Turn

    for who in tiny:
        models = Models(preset("embedded"), overrides={"vlm": str(tiny[who])})
        found = [
            _inputs(models.get("vlm"), [Turn("system", "s"), Turn("user", "u", p)], "{")
            for p in (picture().pixels, np.zeros((60, 90, 3), np.uint8))
        ]
        assert not np.allclose(found[0]["pixel_values"], found[1]["pixel_values"]), who
        plain = _inputs(models.get("vlm"), [Turn("user", "u")], "{")
        assert "pixel_values" not in plain and plain["input_ids"].shape[1] < found[0]["input_ids"].shape[1]
        assert LocalModel(models).identity
