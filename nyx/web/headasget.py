"""HEAD for pages: NiceGUI answers GET only, monitors and crawlers ask with HEAD."""

from __future__ import annotations

from nyx.web.asgi import App, Message, Receive, Scope, Send

_HAVE_THEIR_OWN = ("/media/", "/api/", "/assets/", "/_nicegui/")


class HeadAsGet:
    """Runs the GET and drops its body."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].startswith(_HAVE_THEIR_OWN):
            return await self._app(scope, receive, send)

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
