// Node's client against the server: node_client.mjs ADDRESS library|serve|run
import http from 'node:http';

const [host, port] = process.argv[2].split(':');
let failures = 0;
function check(what, expected, actual) {
  const right = JSON.stringify(expected) === JSON.stringify(actual);
  if (!right) failures += 1;
  console.log(right ? 'ok     ' : 'FAILED ', what, right ? '' : `expected ${expected}, found ${actual}`);
}

function ask(agent, method, path, pieces = [], headers = {}) {
  return new Promise((resolve, reject) => {
    const hints = [];
    const request = http.request({ host, port, agent, method, path, headers }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (piece) => { body += piece; });
      response.on('end', () => {
        const reused = request.reusedSocket;
        resolve({ status: response.statusCode, body, hints, reused, trailers: response.trailers });
      });
      response.on('error', reject);
    });
    request.on('information', (hint) => hints.push(hint.statusCode));
    request.on('error', reject);
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
check('GET', 'hello\n', (await ask(agent, 'GET', '/hello')).body);
const second = await ask(agent, 'GET', '/hello');
check('a connection that is kept', [true, 'hello\n'], [second.reused, second.body]);
const chunks = Array.from({ length: 50 }, () => 'x'.repeat(20000));
check('a body in chunks', chunks.join(''), (await ask(agent, 'POST', '/echo', chunks)).body);
if (process.argv[3] === 'library') {
  const hinted = await ask(agent, 'GET', '/hint');
  check('early hints', [[103], 200], [hinted.hints, hinted.status]);
} else {
  const trailing = await ask(agent, 'GET', '/trailers');
  check('trailers', true, Object.keys(trailing.trailers).length > 0);
  const cut = await ask(agent, 'GET', '/trap-later').then(() => 'whole', (error) => error.code);
  check('a response that is cut', 'ECONNRESET', cut);
}
check('HEAD', [200, ''], Object.values(await ask(agent, 'HEAD', '/hello')).slice(0, 2));
check('no such thing', 404, (await ask(agent, 'GET', '/missing')).status);
const expecting = { Expect: '100-continue', 'Content-Length': 3 };
check('an expectation', 'abc', (await ask(agent, 'PUT', '/echo', ['abc'], expecting)).body);
const wide = new http.Agent({ keepAlive: true, maxSockets: 50 });
const many = await Promise.all(Array.from({ length: 1000 }, (_, n) => ask(wide, 'POST', '/echo', [`${n}`])));
check('a thousand at once', true, many.every(({ body }, n) => body === `${n}`));
agent.destroy();
wide.destroy();
process.exit(failures > 0 ? 1 : 0);
