"""What the environment may say, and what is answered to what it may not."""

import inspect
import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from hoistway import environment
from hoistway.environment import (
    WrongSettings,
    check_traces,
    fixed_part,
    read_address,
    read_environment_file,
    settings_from,
)
from hoistway.settings import (
    NAMES,
    RENAMED,
    Address,
    Environment,
    Settings,
    read_environment,
    warn_of_variables,
)


def test_nothing_said_means_the_defaults() -> None:
    assert read_environment({"HOISTWAY_BRAND": "", "BRAND": "x", "HOISTWAY_NOISE": "1"}) == Environment()


def test_each_variable_is_handed_over() -> None:
    """Otherwise it may be set, and nothing follows from it."""
    source = inspect.getsource(environment)
    idle = [name for name in Environment.__struct_fields__ if f"environment.{name}" not in source]
    assert idle == [], "src/hoistway/environment.py hands each variable over to Settings"


def test_texts_stay_texts_and_numbers_become_numbers() -> None:
    said = {"HOISTWAY_BRAND": "7", "HOISTWAY_SUPPORT": "null", "HOISTWAY_TRUSTED_PROXIES": " 2 "}
    read = read_environment(said | {"HOISTWAY_ACCESS_LOG": "True"})
    assert (read.brand, read.support, read.trusted_proxies, read.access_log) == ("7", "null", 2, True)


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("HOISTWAY_TRUSTED_PROXIES", "6", "a number from 0 to 5"),
        ("HOISTWAY_TRUSTED_PROXIES", "one", "a number from 0 to 5"),
        ("HOISTWAY_CONNECTIONS", "1e3", "a number from 10 to 60000"),
        ("HOISTWAY_CONNECTIONS", "1000.0", "a number from 10 to 60000"),
        ("HOISTWAY_KEEP_DAILY_USE_DAYS", "1", "a number from 2 to 4000"),
        ("HOISTWAY_ACCESS_LOG", "perhaps", "true or false"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(variable: str, value: str, wanted: str) -> None:
    with pytest.raises(ValueError, match="HOISTWAY_") as refused:
        read_environment({variable: value})
    assert str(refused.value) == f"{variable} must be {wanted}"


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", None])
def test_a_server_of_this_machine_may_ask_this_machine(base_url: str | None, tmp_path: Path) -> None:
    said = {
        "HOISTWAY_BASE_URL": base_url or "", "HOISTWAY_DATABASE": f"sqlite:///{tmp_path}/a.db", "HOISTWAY_MASTER_KEY": "A" * 43,
        "HOISTWAY_FETCH_LOOPBACK": "1",
    }  # fmt: skip
    assert settings_from(said).outbound_loopback
    assert not settings_from({**said, "HOISTWAY_FETCH_LOOPBACK": ""}).outbound_loopback
    for elsewhere in ("https://id.example.com", "https://127.0.0.1.example.com", "https://192.168.0.1"):
        with pytest.raises(WrongSettings, match="HOISTWAY_FETCH_LOOPBACK is for development"):
            settings_from({**said, "HOISTWAY_BASE_URL": elsewhere})


@pytest.mark.parametrize(("text", "said"), [(None, "can't be read"), ("0" * 32 + "\n", "NTLM"), ("", "empty")])
def test_a_list_of_breached_passwords_that_is_none_is_refused(text: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "list"
    if text is not None:
        file.write_text(text)
    with pytest.raises(WrongSettings, match="HOISTWAY_BREACHED_PASSWORDS") as refused:
        settings_from({"HOISTWAY_BREACHED_PASSWORDS": str(file)})
    assert said in str(refused.value)


@pytest.mark.parametrize("mail", [{}, {"HOISTWAY_SMTP_URL": "smtp://mail.example.com"}])
@pytest.mark.parametrize("sender", ["notanaddress", "@example.com", "anna@", "a@b\nBcc: c@d"])
def test_a_sender_that_is_no_address_is_refused(mail: dict[str, str], sender: str) -> None:
    with pytest.raises(WrongSettings, match="HOISTWAY_MAIL_FROM must be an address such as"):
        settings_from({**mail, "HOISTWAY_MAIL_FROM": sender})


@pytest.mark.parametrize("url", ["mysql://u:word@h/d", "sqlite://file", "sqlite:///", "postgresql://u:word@h:port/d"])
def test_a_wrong_database_is_told_with_its_variable_and_no_password(url: str) -> None:
    key = {"HOISTWAY_MASTER_KEY": "A" * 43}
    for source, given in (("HOISTWAY_DATABASE", None), ("--database", url)):
        with pytest.raises(WrongSettings, match=source) as refused:
            settings_from({**key, "HOISTWAY_DATABASE": url if given is None else "sqlite:///x"}, database=given)
        assert "postgresql://user:password@host:5432/name" in str(refused.value)
        assert ":word" not in str(refused.value)


@pytest.mark.parametrize(
    ("database", "replica", "because"),
    [
        ("sqlite:///x", "postgresql://u:word@h/d", "SQLite has no replicas"),
        ("postgresql://u:word@h/d", "postgresql://u:word@h/d", "is the primary's own address"),
        ("postgresql://u:word@h/d", "sqlite:///x", "must be the address of a streaming replica"),
        ("postgresql://u:word@h/d", "postgresql://u:word@h:port/d", "host and port can't be read"),
    ],
)
def test_a_replica_that_can_be_none_is_told_without_its_password(database: str, replica: str, because: str) -> None:
    said = {"HOISTWAY_MASTER_KEY": "A" * 43, "HOISTWAY_DATABASE": database, "HOISTWAY_DATABASE_REPLICA": replica}
    with pytest.raises(WrongSettings, match=f"HOISTWAY_DATABASE_REPLICA.*{because}") as refused:
        settings_from(said)
    assert ":word" not in str(refused.value)


def test_the_password_of_a_replica_is_not_shown() -> None:
    replica = "postgresql://u:word@replica/d"
    said = {
        "HOISTWAY_MASTER_KEY": "A" * 43,
        "HOISTWAY_DATABASE": "postgresql://h/d",
        "HOISTWAY_DATABASE_REPLICA": replica,
    }
    settings = settings_from(said)
    assert (settings.replica, settings.replica_age) == (replica, 10)
    assert ":word@" not in repr(settings)


SWITCHES = {"HOISTWAY_FETCH_LOOPBACK"}
WORDS = (("40", "41", "a number from"), ("true", "false", "true or false"))


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_name_is_read_and_warned_of(old: str, new: str) -> None:
    assert old not in NAMES
    word, _, wanted = WORDS[new in SWITCHES]
    said = {old: word}
    assert getattr(read_environment(said), NAMES[new]) == msgspec.json.decode(word)
    assert warn_of_variables(said) == [
        f"{old} is named {new} now: rename it, for the next version does not read the old name"
    ]
    with pytest.raises(ValueError, match=f"^{old} must be {wanted}"):
        read_environment({old: "some"})


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_the_new_name_goes_before_the_old(old: str, new: str) -> None:
    word, other, _ = WORDS[new in SWITCHES]
    both = {old: word, new: other}
    assert getattr(read_environment(both), NAMES[new]) == msgspec.json.decode(other)
    assert warn_of_variables(both) == [
        f"{old} counts for nothing, because {new} is set, as it is named now: remove {old}"
    ]
    empty = {old: word, new: " "}
    assert getattr(read_environment(empty), NAMES[new]) == msgspec.json.decode(word)
    assert getattr(read_environment({old: " "}), NAMES[new]) == getattr(Environment(), NAMES[new])


@pytest.mark.parametrize("name", NAMES)
def test_a_warning_is_about_other_names_alone(name: str) -> None:
    assert warn_of_variables({name: "x"}) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (None, None),
        ("127.0.0.1:9464", Address("127.0.0.1", 9464)),
        ("[::1]:9464", Address("::1", 9464)),
        ("metrics.example:1", Address("metrics.example", 1)),
    ],
)
def test_the_address_of_metrics(text: str | None, address: Address | None) -> None:
    assert read_address(text) == address
    assert address is None or address.is_near is (address.host in {"127.0.0.1", "::1"})


@pytest.mark.parametrize(
    "text",
    [":9464", "host", "host:", "host:0", "host:65536", "host:x", "a@host:1", "host:1/x", "//host:1", "http://host:1"],
)
def test_what_is_no_address_for_metrics(text: str) -> None:
    with pytest.raises(ValueError, match=r"^HOISTWAY_METRICS must be an address and a port"):
        read_address(text)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://", "http://u:word@host:4318", "http://h:x"]
)
def test_what_is_no_collector_of_traces(url: str) -> None:
    with pytest.raises(WrongSettings, match="HOISTWAY_TRACES must be the URL of a collector") as refused:
        settings_from({"HOISTWAY_TRACES": url})
    assert "word" not in str(refused.value)


def test_the_collector_of_traces_is_kept_without_its_last_slash() -> None:
    assert check_traces("https://collector.example/otlp/") == "https://collector.example/otlp"


def test_a_file_of_settings_is_read_as_systemd_and_shells_read_it(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text(
        "# a comment\n; another\n\nHOISTWAY_BRAND='Example Lifts'\nexport HOISTWAY_ACCESS_LOG=true\n"
        'HOISTWAY_SUPPORT="it\'s 12"\nHOISTWAY_MAIL_FROM=\nPATH=/bin\n'
    )
    assert read_environment_file(file) == {
        "HOISTWAY_BRAND": "Example Lifts",
        "HOISTWAY_ACCESS_LOG": "true",
        "HOISTWAY_SUPPORT": "it's 12",
        "HOISTWAY_MAIL_FROM": "",
    }


@pytest.mark.parametrize("line", ["HOISTWAY_BRAND=Example Lifts", "HOISTWAY_BRAND='no end", "HOISTWAY_BRAND"])
def test_a_line_that_is_no_setting_is_named_without_its_value(tmp_path: Path, line: str) -> None:
    file = tmp_path / "environment"
    file.write_text(f"\n{line}\n")
    with pytest.raises(WrongSettings) as raised:
        read_environment_file(file)
    assert "line 2 of" in str(raised.value)
    assert "Lifts" not in str(raised.value)


def test_a_file_of_settings_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    file.write_text("HOISTWAY_BRAND=Lifts\n", encoding="utf-8-sig")
    assert read_environment_file(file) == {"HOISTWAY_BRAND": "Lifts"}
    file.write_text("HOISTWAY_BRAND=Lifts\n", encoding="utf-16")
    with pytest.raises(WrongSettings, match="is in UTF-16: save it as UTF-8"):
        read_environment_file(file)


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"--environment: .*: No such file or directory"):
        read_environment_file(tmp_path / "missing")


def test_a_password_of_the_database_may_change_by_a_reload_and_its_place_not() -> None:
    settings = Settings("https://id.example.com", "postgresql://hoistway:one@host/hoistway", bytes(32))
    other = replace(settings, database="postgresql://hoistway:two@host/hoistway")
    assert fixed_part(settings) == fixed_part(other)
    assert "one" not in fixed_part(settings)
    for database in (
        "postgresql://hoistway:one@other/hoistway",
        "postgresql://hoistway:one@host/other",
        "sqlite:///file",
    ):
        assert fixed_part(replace(settings, database=database)) != fixed_part(settings)


def test_a_query_may_name_another_database_and_its_passwords_are_not_told() -> None:
    def fixed(database: str) -> str:
        return fixed_part(Settings("https://id.example.com", database, bytes(32)))

    assert fixed("postgresql://u@/x?host=/run/a&password=one") == fixed("postgresql://u@/x?password=two&host=/run/a")
    assert fixed("postgresql://u@/x?host=/run/a&sslpassword=one") == fixed("postgresql://u@/x?host=/run/a&passfile=/f")
    assert "one" not in fixed("postgresql://u@/x?host=/run/a&password=one&sslpassword=one")
    others = [
        "postgresql://u@/x?host=/run/a", "postgresql://u@/x?host=/run/b", "postgresql://u@/x?host=/run/a&port=5433",
        "postgresql://u@/?host=/run/a&database=y", "postgresql://u@/?host=/run/a&dbname=z", "postgresql://u@/x",
        "postgresql://u@/x?host=/run/a&host=/run/b", "postgresql://u@/x?host=/run/b&host=/run/a&port=1",
        "postgresql://u@%2Frun%2Fa/x", "postgresql://u@%2Frun%2FA/x", "sqlite:////srv/a?1", "sqlite:////srv/a?2", "sqlite:////srv/a#3",
    ]  # fmt: skip
    assert len({fixed(one) for one in others}) == len(others)


def test_a_pipe_is_no_file_of_settings(tmp_path: Path) -> None:
    """It would be waited for, and be empty at the next reload."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WrongSettings, match="is no regular file"):
        read_environment_file(tmp_path / "pipe")


GOOD = {
    "HOISTWAY_BASE_URL": "https://id.example.com",
    "HOISTWAY_DATABASE": "sqlite:////tmp/x.db",
    "HOISTWAY_MASTER_KEY": "A" * 43,
}


@pytest.mark.parametrize(
    "support", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "call us", "//evil.example"]
)
def test_help_leads_where_a_link_may(support: str) -> None:
    with pytest.raises(WrongSettings, match="HOISTWAY_SUPPORT must be an e-mail address, or a web address"):
        settings_from({**GOOD, "HOISTWAY_SUPPORT": support})
    for good in ("help@example.com", "https://help.example.com/lifts", "tel:+4930123456"):
        assert settings_from({**GOOD, "HOISTWAY_SUPPORT": good}).support == good


def test_the_base_url_is_https_but_for_this_machine() -> None:
    for production in (True, False):
        with pytest.raises(WrongSettings, match="HOISTWAY_BASE_URL must be https"):
            settings_from({**GOOD, "HOISTWAY_BASE_URL": "http://example.com"}, production=production)
        for url in ("http://localhost:8080", "http://[::1]:8080", "https://example.com"):
            assert settings_from({**GOOD, "HOISTWAY_BASE_URL": url}, production=production).base_url == url
