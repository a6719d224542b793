// Node's client against the server: node_client.mjs ADDRESS
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
check('GET', 'GET /a\n', (await ask(agent, 'GET', '/a')).body);
const second = await ask(agent, 'GET', '/b');
check('a connection that is kept', [true, 'GET /b\n'], [second.reused, second.body]);
const chunks = Array.from({ length: 50 }, () => 'x'.repeat(20000));
check('a body in chunks', `POST /c\n${chunks.join('')}`, (await ask(agent, 'POST', '/c', chunks)).body);
const hinted = await ask(agent, 'GET', '/hint');
check('early hints', [[103], 200], [hinted.hints, hinted.status]);
check('HEAD', [200, ''], Object.values(await ask(agent, 'HEAD', '/')).slice(0, 2));
check('no such thing', 404, (await ask(agent, 'GET', '/missing')).status);
const expecting = { Expect: '100-continue', 'Content-Length': 3 };
check('an expectation', 'PUT /e\nabc', (await ask(agent, 'PUT', '/e', ['abc'], expecting)).body);
const wide = new http.Agent({ keepAlive: true, maxSockets: 50 });
const many = await Promise.all(Array.from({ length: 1000 }, (_, n) => ask(wide, 'GET', `/${n}`)));
check('a thousand at once', true, many.every(({ body }, n) => body === `GET /${n}\n`));
agent.destroy();
wide.destroy();
process.exit(failures > 0 ? 1 : 0);
