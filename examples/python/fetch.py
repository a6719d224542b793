# The statuses and texts of what URLs answer with, all of them asked at once.
import asyncio
from urllib.parse import urlsplit

import poll_loop
import wit_world
from poll_loop import PollLoop, Stream
from wit_world.imports.types import (
    Fields,
    OutgoingRequest,
    Scheme_Http,
    Scheme_Https,
)


async def fetch(url: str) -> str:
    parts = urlsplit(url)
    request = OutgoingRequest(Fields.from_list([]))
    request.set_scheme(Scheme_Https() if parts.scheme == "https" else Scheme_Http())
    request.set_authority(parts.netloc)
    query = f"?{parts.query}" if parts.query else ""
    request.set_path_with_query((parts.path or "/") + query)
    response = await poll_loop.send(request)
    body = Stream(response.consume())
    text = bytearray()
    while (piece := await body.next()) is not None:
        text += piece
    return f"{response.status()} {text.decode()}"


async def all_of(urls: list[str]) -> list[str]:
    return await asyncio.gather(*map(fetch, urls))


class WitWorld(wit_world.WitWorld):
    def fetch_texts(self, urls: list[str]) -> list[str]:
        loop = PollLoop()
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(all_of(urls))
