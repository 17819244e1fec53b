// Drives pai-mcp with the official TypeScript SDKs.
//
// Usage: check.mjs <pai-mcp> sdk|client-legacy|client-auto|client-pin
//
// Needs a daemon in the environment (PAI_SOCKET and so on). Prints a line per check and "N passed, M failed"; exits 1 when
// a check failed.

import { performance } from 'node:perf_hooks';
import Ajv2020 from 'ajv/dist/2020.js';

const [program, mode] = process.argv.slice(2);
const LIMIT_MS = 45_000;
const TOOLS = [
    'pai_config', 'pai_job_get', 'pai_job_list', 'pai_job_logs', 'pai_job_stop', 'pai_job_submit',
    'pai_job_wait', 'pai_whoami',
];

let passed = 0;
let failed = 0;

function check(what, holds, detail = '') {
    holds ? (passed += 1) : (failed += 1);
    const line = `${holds ? 'ok  ' : 'FAIL'} typescript ${mode}: ${what}`;
    console.log(holds ? line : `${line}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`);
}

// A connected client of either SDK, and how to call a tool with it.
async function connected() {
    const info = { name: 'interop', version: '1' };
    const server = { command: program, args: [], env: process.env };
    if (mode === 'sdk') {
        const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
        const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
        const client = new Client(info);
        await client.connect(new StdioClientTransport(server));
        const call = (name, args, options) =>
            client.callTool({ name, arguments: args }, undefined, { timeout: LIMIT_MS, ...options });
        return { client, call };
    }
    const { Client } = await import('@modelcontextprotocol/client');
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    const modes = { 'client-legacy': 'legacy', 'client-auto': 'auto', 'client-pin': { pin: '2026-07-28' } };
    const client = new Client(info, { versionNegotiation: { mode: modes[mode] } });
    await client.connect(new StdioClientTransport(server));
    const call = (name, args, options) =>
        client.callTool({ name, arguments: args }, { timeout: LIMIT_MS, ...options });
    return { client, call };
}

const text = result => result.content[0].text;

async function converse({ client, call }) {
    if (mode !== 'sdk') {
        const newest = mode === 'client-legacy' ? '2025-11-25' : '2026-07-28';
        const version = client.getNegotiatedProtocolVersion();
        check('the version is the newest of both', version === newest, version);
    }
    check('the server names itself', client.getServerVersion()?.name === 'pai-mcp');
    check('there are instructions', Boolean(client.getInstructions()));
    const { tools } = await client.listTools();
    check('the tools are listed', JSON.stringify(tools.map(tool => tool.name)) === JSON.stringify(TOOLS), tools);
    const complaints = [];
    const logger = { log: () => {}, warn: said => complaints.push(said), error: said => complaints.push(said) };
    const ajv = new Ajv2020({ strict: 'log', logger });
    for (const tool of tools) {
        ajv.compile(tool.inputSchema);
    }
    check('Ajv has no complaint about any schema', complaints.length === 0, complaints);

    const config = await call('pai_config', {});
    check('the settings are told', config.structuredContent.prefix === 'interop', config);
    const who = await call('pai_whoami', {});
    check('whose key it is is told', Boolean(who.structuredContent.account_id), who);

    const job = { name: 'short', command: 'echo first; sleep 1; echo last', another: true };
    const submitted = await call('pai_job_submit', job);
    const jobId = submitted.structuredContent.job_id;
    check('a job is submitted', jobId.startsWith('dlc'), submitted);
    const told = [];
    const waited = await call('pai_job_wait', { job_ids: [jobId] }, { onprogress: note => told.push(note) });
    check('the wait tells the result', waited.structuredContent.jobs[0].result === 'succeeded', waited);
    const same = JSON.stringify(sorted(JSON.parse(text(waited)))) === JSON.stringify(sorted(waited.structuredContent));
    check('both forms say the same', same, waited);
    const grows = told.every((note, index) => index === 0 || note.progress > told[index - 1].progress);
    check('progress grows', told.length > 0 && grows, told);
    // This SDK drops progress that it reads together with the answer, so that only the first is certain.
    check('progress tells of the job', told[0]?.message.includes('-short-'), told);

    const log = await call('pai_job_logs', { job_id: jobId });
    check('the log is text', !log.structuredContent && text(log).endsWith('\nfirst\nlast'), log);
    const got = await call('pai_job_get', { job_id: jobId });
    check('the job is told', got.structuredContent.command === job.command, got);
    const listed = await call('pai_job_list', {});
    check('the job is listed', listed.structuredContent.jobs.some(row => row.job_id === jobId), listed);

    const unknown = await call('pai_job_get', { job_id: 'dlc0nosuchjob' });
    check('a refusal is a result', unknown.isError && text(unknown).includes('dlc0nosuchjob'), unknown);
    const wrong = await call('pai_job_get', { id: jobId });
    check('a wrong argument is a result', wrong.isError && text(wrong).includes('`job_id`'), wrong);
}

function sorted(value) {
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    if (value && typeof value === 'object') {
        return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]));
    }
    return value;
}

async function endings(first) {
    const submitted = await first.call('pai_job_submit', { name: 'long', command: 'sleep 1000', another: true });
    const jobId = submitted.structuredContent.job_id;
    const running = await first.call('pai_job_wait', { job_ids: [jobId], until: 'running' });
    check('a wait for running ends before the job', running.structuredContent.met, running);

    const abort = new AbortController();
    const cancelled = first.call('pai_job_wait', { job_ids: [jobId] }, {
        signal: abort.signal,
        onprogress: () => abort.abort('enough'),
    });
    check('a call is cancelled', await cancelled.then(() => false, () => true));
    const got = await first.call('pai_job_get', { job_id: jobId });
    check('a cancelled wait leaves the job alone', got.structuredContent.status === 'Running', got);

    await new Promise((heard, never) => {
        const waiting = first.call('pai_job_wait', { job_ids: [jobId] }, { onprogress: heard });
        // It is to be cut off, but not before it has begun.
        waiting.catch(never);
    });
    const begin = performance.now();
    await first.client.close();
    const took = performance.now() - begin;
    check('closing in the middle of a wait takes less than a second', took < 1000, `${took.toFixed(0)} ms`);

    const second = await connected();
    const after = await second.call('pai_job_get', { job_id: jobId });
    check('the end of a client leaves the job alone', after.structuredContent.status === 'Running', after);
    const stopped = await second.call('pai_job_stop', { job_id: jobId });
    check('a job is stopped', stopped.structuredContent.outcome === 'requested', stopped);
    const waited = await second.call('pai_job_wait', { job_ids: [jobId] });
    check('the wait tells that it was stopped', waited.structuredContent.jobs[0].result === 'stopped', waited);
    await second.client.close();
}

const peer = await connected();
await converse(peer);
await endings(peer);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
