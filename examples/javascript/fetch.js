// The status and the text of what a URL answers with.
export async function fetchText(url) {
  const response = await fetch(url);
  return `${response.status} ${await response.text()}`;
}
