"""Where results may be delivered: what is on the stage's list, however a URL is written."""

import pytest

from core.origins import allowed

ORIGINS = ("https://hooks.example.com", "http://localhost:*")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/results",
        "https://hooks.example.com:443/results?of=search#top",
        "https://HOOKS.example.com",
        "http://localhost:8080/",
        "http://localhost",
        "https://hooks.example.com\\@evil.com/",  # a path, to who sends it too
    ],
)
def test_what_is_on_the_list_is_allowed(url: str) -> None:
    assert allowed(url, ORIGINS)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/results",
        "https://hooks.example.com:8443/results",
        "https://hooks.example.com.evil.com/results",
        "https://evil.com/hooks.example.com",
        "https://evil.com\\@hooks.example.com/",
        "https://hooks.example.com@evil.com/",
        "https://user:secret@hooks.example.com/",
        "https://evil.com#@hooks.example.com/",
        "https://evil.com?@hooks.example.com/",
        "https://localhost/",
        "http://localhost.evil.com:80/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:80/",
        "file:///etc/passwd",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://hooks.example.com:0x1bb/",
        "https://hooks.example.com:99999999/",
        "https:///results",
        "",
    ],
)
def test_what_is_not_on_the_list_is_not_allowed(url: str) -> None:
    assert not allowed(url, ORIGINS)
