// Every call of the host's own client library that the simulator serves. The library validates each answer
// against the host's interface description. Prints one JSON object: call -> null, or what was wrong.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "index.js"));
const main = require.resolve("@vercel/sdk");
const { Vercel } = await import(pathToFileURL(main));
const { HTTPClient } = await import(pathToFileURL(join(dirname(main), "lib", "http.js")));

const sim = JSON.parse(process.env.SIMULATED);
const told = {};

// The library drops the body of two calls, or members of it, and sends no token to the metrics: what was
// meant is put back.
let meant;
const httpClient = new HTTPClient({
  fetcher: (input, init) => {
    const headers = new Headers(input.headers);
    headers.set("authorization", `Bearer ${sim.token}`);
    if (meant === undefined) return fetch(new Request(input, { headers }), init);
    headers.set("content-type", "application/json");
    return fetch(input.url, { method: input.method, headers, body: JSON.stringify(meant) });
  },
});
const vercel = new Vercel({ bearerToken: sim.token, serverURL: sim.vercel_url, httpClient });

async function call(name, ask, body) {
  meant = body;
  try {
    const answer = await ask();
    told[name] = null;
    return answer;
  } catch (error) {
    told[name] = `${error.constructor.name}: ${error.message} ${JSON.stringify(error.cause?.issues ?? null)}`;
    return undefined;
  } finally {
    meant = undefined;
  }
}

async function control(path, body) {
  const answer = await fetch(`${sim.control_url}/${path}`, { method: "POST", body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${said.error}`);
  return said;
}

const act = (action, more = {}) => control("act", { action, ...more });
const wait = (seconds) => control("clock", { advance_s: seconds });

const team = { teamId: sim.team_id };
const projectId = sim.project_id;
const rolling = { ...team, idOrName: projectId };
const start = (canary) => () =>
  vercel.rollingRelease.startRollingRelease({ ...rolling, requestBody: { canaryDeploymentId: canary } });

// What can be asked at any time; `when` names the state the world is in.
async function look(when, deployment) {
  await call(`getProject, ${when}`, () => vercel.projects.getProject(rolling));
  await call(`getProjects, ${when}`, () => vercel.projects.getProjects({ ...team }));
  await call(`getDeployments, ${when}`, () => vercel.deployments.getDeployments({ ...team, projectId, limit: 100 }));
  await call(`getRollingReleaseConfig, ${when}`, () => vercel.rollingRelease.getRollingReleaseConfig(rolling));
  await call(`getRollingReleaseBillingStatus, ${when}`, () =>
    vercel.rollingRelease.getRollingReleaseBillingStatus(rolling));
  await call(`listPromoteAliases, ${when}`, () => vercel.projects.listPromoteAliases({ ...team, projectId }));
  await call(`listUserEvents, ${when}`, () => vercel.user.listUserEvents({ ...team, limit: 100 }));
  const ofDeployment = { ...team, deploymentId: deployment };
  await call(`getDeployment, ${when}`, () => vercel.deployments.getDeployment({ ...team, idOrUrl: deployment }));
  await call(`getDeploymentEvents, ${when}`, () =>
    vercel.deployments.getDeploymentEvents({ ...team, idOrUrl: deployment }));
  await call(`getAllChecks, ${when}`, () => vercel.checks.getAllChecks(ofDeployment));
  await call(`listDeploymentCheckRuns, ${when}`, () => vercel.checksV2.listDeploymentCheckRuns(ofDeployment));
  return call(`getRollingRelease, ${when}`, () => vercel.rollingRelease.getRollingRelease(rolling));
}

async function everything() {
  await call("getAuthUser", () => vercel.user.getAuthUser());
  await call("getTeams", () => vercel.teams.getTeams({}));
  await call("getTeam", () => vercel.teams.getTeam({ teamId: sim.team_id }));
  await call("getTeamMembers", () => vercel.teams.getTeamMembers({ teamId: sim.team_id }));
  await call("getProjectDomains", () => vercel.projects.getProjectDomains(rolling));
  await call("filterProjectEnvs", () => vercel.projects.filterProjectEnvs(rolling));
  await call("listAliases", () => vercel.aliases.listAliases({ ...team, projectId }));
  await call("getAlias", () => vercel.aliases.getAlias({ ...team, idOrAlias: "shop.acme.example" }));

  const first = await call("getRollingRelease", () => vercel.rollingRelease.getRollingRelease(rolling));
  const base = first.rollingRelease.currentDeployment.id;
  const canary = first.rollingRelease.canaryDeployment.id;
  await look("active", canary);
  await call("listDeploymentAliases", () => vercel.aliases.listDeploymentAliases({ ...team, id: base }));
  await checks(canary);
  await metrics();
  await flags(canary);
  await edgeConfig();

  await call("startRollingRelease", start(canary));
  await act("pause");
  await look("paused", canary);
  await act("continue");
  const built = await act("deploy", { build_s: 60 });
  await look("queued", built.deployment_id);
  await wait(30);
  await look("building", built.deployment_id);
  await wait(35);
  await look("running its checks", built.deployment_id);
  await wait(120);
  await look("waiting", built.deployment_id);
  await act("check", { deployment_id: built.deployment_id, check: "End-to-end: checkout", conclusion: "timeout" });
  await look("red", built.deployment_id);
  const failing = await act("deploy", { build_s: 20, fails: true });
  await wait(60);
  await look("failed", failing.deployment_id);
  const stopped = await act("deploy", { build_s: 600, target: "preview" });
  await wait(20);
  await call("cancelDeployment", () => vercel.deployments.cancelDeployment({ ...team, id: stopped.deployment_id }));
  await look("canceled", stopped.deployment_id);

  await call("approveRollingReleaseStage", () =>
    vercel.rollingRelease.approveRollingReleaseStage({
      ...rolling,
      requestBody: { nextStageIndex: 1, canaryDeploymentId: canary },
    }));
  await control("fault", { path: "www.", kind: "stuck", times: 1 });
  await call("requestRollback", () =>
    vercel.projects.requestRollback({ ...team, projectId, deploymentId: base, description: "by the library" }));
  await look("aborting", canary);
  await wait(10);
  await look("aborted, a domain left behind", canary);
  await call("updateProjectsByProjectIdRollbackByDeploymentIdUpdateDescription", () =>
    vercel.projects.updateProjectsByProjectIdRollbackByDeploymentIdUpdateDescription({
      ...team,
      projectId,
      deploymentId: base,
      requestBody: { description: "errors at checkout" },
    }), { description: "errors at checkout" });

  const gate = { type: "error-rate-5xx", minSampleSize: 50, excludePaths: ["/"], excludeStatusCodes: [504] };
  await call("updateRollingReleaseConfig", () => vercel.rollingRelease.updateRollingReleaseConfig(rolling), {
    target: "production",
    canaryResponseHeader: true,
    stages: [
      { targetPercentage: 10, duration: 5, linearShift: true },
      { targetPercentage: 50, requireApproval: true },
      { targetPercentage: 100 },
    ],
    gate: { enabled: true, dryRun: false, action: "rollback", checks: [gate] },
  });
  await call("requestPromote", () => vercel.projects.requestPromote({ ...team, projectId, deploymentId: canary }));
  await wait(60);
  await look("shifting linearly", canary);
  await call("completeRollingRelease", () =>
    vercel.rollingRelease.completeRollingRelease({ ...rolling, requestBody: { canaryDeploymentId: canary } }));
  await wait(10);
  await look("complete", canary);
  await call("deleteRollingReleaseConfig", () => vercel.rollingRelease.deleteRollingReleaseConfig(rolling));
  await look("switched off", base);
}

async function checks(deployment) {
  const project = { ...team, projectIdOrName: projectId };
  const listed = await call("listProjectChecks", () => vercel.checksV2.listProjectChecks(project));
  const check = listed?.checks[0]?.id;
  await call("getProjectCheck", () => vercel.checksV2.getProjectCheck({ ...project, checkId: check }));
  const runs = await call("listCheckRuns", () => vercel.checksV2.listCheckRuns({ ...project, checkId: check }));
  await call("getDeploymentCheckRun", () =>
    vercel.checksV2.getDeploymentCheckRun({
      ...team,
      deploymentId: runs.runs[0].deploymentId,
      checkRunId: runs.runs[0].id,
    }));
  const all = await vercel.checks.getAllChecks({ ...team, deploymentId: deployment });
  await call("getCheck", () =>
    vercel.checks.getCheck({ ...team, deploymentId: deployment, checkId: all.checks[0].id }));
}

const ofProject = { ...team, projectIdOrName: projectId };

async function flags(deployment) {
  const api = vercel.featureFlags;
  for (const state of ["active", "archived"])
    await call(`listFlagsV2, ${state}`, () => api.listFlagsV2({ ...ofProject, state, limit: 100 }));
  const listed = await api.listFlagsV2({ ...ofProject, limit: 100 });
  for (const { id, slug } of listed.data) {
    const named = { ...ofProject, flagIdOrSlug: id };
    await call(`getFlag, ${slug}`, () => api.getFlag({ ...named, withMetadata: true }));
    await call(`listFlagVersions, ${slug}`, () => api.listFlagVersions({ ...named, withMetadata: true }));
  }
  const whole = (variantId) => ({
    active: false, pausedOutcome: { type: "variant", variantId },
    fallthrough: { type: "variant", variantId }, rules: [],
  });
  await call("createFlag", () => api.createFlag({ ...ofProject, requestBody: {
    slug: "by-the-library", kind: "boolean",
    variants: [{ id: "off", value: false }, { id: "on", value: true }],
    environments: { production: whole("off"), preview: whole("on"), development: whole("on") },
  } }));
  const made = { ...ofProject, flagIdOrSlug: "by-the-library" };
  const { id, revision } = await api.getFlag(made);
  const change = (ifMatch, requestBody) => api.updateFlag({ ...made, ifMatch, requestBody });
  await call("updateFlag", () =>
    change(`"${id}-${revision}"`, { message: "by the library", environments: { production: whole("on") } }));
  await call("updateFlag, stale", () => change(`"${id}-${revision}"`, { state: "archived" }).then(
    () => { throw new Error("a stale ETag was taken"); },
    (error) => { if (error.statusCode !== 412) throw error; }));
  await call("updateFlag, archived", () => change(undefined, { state: "archived" }));
  await call("deleteFlag", () => api.deleteFlag(made));
  await call("getFlagSettings", () => api.getFlagSettings(ofProject));
  const segments = await call("listFlagSegments", () => api.listFlagSegments(ofProject));
  const segment = { ...ofProject, segmentIdOrSlug: segments.data[0].slug };
  await call("getFlagSegment", () => api.getFlagSegment(segment));
  await call("updateFlagSegment", () => api.updateFlagSegment({ ...segment, requestBody: { operations: [
    { action: "add", field: "include", entity: "user", attribute: "id", value: { value: "u_1" } },
  ] } }));
  await call("getSDKKeys", () => api.getSDKKeys(ofProject));
  await call("getDeploymentFeatureFlags", () =>
    api.getDeploymentFeatureFlags({ ...team, deploymentId: deployment }));
}

async function edgeConfig() {
  const api = vercel.globalConfig;
  // The library describes one store where the host lists them: each of the list is put before it.
  const answer = await fetch(`${sim.vercel_url}/v1/global-config?teamId=${sim.team_id}`, {
    headers: { authorization: `Bearer ${sim.token}` },
  });
  const stores = await answer.json();
  for (const { id, slug } of stores) {
    const store = { ...team, edgeConfigId: id };
    await call(`getEdgeConfig, ${slug}`, () => api.getEdgeConfig(store));
    await call(`getEdgeConfigItems, ${slug}`, () => api.getEdgeConfigItems(store));
  }
  const store = { ...team, edgeConfigId: stores[0].id };
  await call("getEdgeConfigItem", () => api.getEdgeConfigItem({ ...store, edgeConfigItemKey: "flags" }));
  const listed = await call("getEdgeConfigBackups", () => api.getEdgeConfigBackups({ ...store, metadata: "1" }));
  const backup = { ...store, edgeConfigBackupVersionId: listed.backups.at(-1).id };
  await call("getEdgeConfigBackup", () => api.getEdgeConfigBackup(backup));
  await call("restoreEdgeConfigBackup", () => api.restoreEdgeConfigBackup(backup));
}

async function metrics() {
  const schema = await call("getObservabilitySchema", () => vercel.getObservabilitySchema());
  for (const { id } of schema.metrics)
    await call(`getObservabilitySchemaByMetricId, ${id}`, () =>
      vercel.getObservabilitySchemaByMetricId({ metricId: id }));
  const asked = {
    metric: "vercel.request.count",
    scope: { type: "project", ownerId: sim.team_id, projectIds: [projectId] },
    groupBy: ["deployment_id", "http_status"],
    granularity: { minutes: 1 },
  };
  await call("createObservabilityQuery", () => vercel.createObservabilityQuery(asked), asked);
  const counted = await call("countPageviews", () => vercel.webAnalytics.countPageviews({ ...team, projectId }));
  const until = Date.parse(counted.query.until);
  const visited = { ...team, projectId, since: until - 3_600_000, until };
  await call("countEvents", () => vercel.webAnalytics.countEvents({ ...team, projectId, filter: "eventName eq 'purchase'" }));
  await call("aggregatePageviews", () => vercel.webAnalytics.aggregatePageviews({ ...visited, by: ["hour", "deviceType"] }));
  await call("aggregateEvents", () => vercel.webAnalytics.aggregateEvents({ ...visited, by: ["hour", "eventName"] }));
}

// What the library itself knows: method and path of each of its calls.
function known() {
  const folder = join(dirname(main), "funcs");
  const found = [];
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(join(folder, file), "utf8");
    const path = text.match(/pathToFunc\("([^"]*)"/), method = text.match(/method: "([A-Z]+)"/);
    if (path && method) found.push([method[1], path[1]]);
  }
  return found;
}

try {
  if (process.argv[2] === "everything") await everything();
  else await look(process.argv[2], process.argv[3]);
} catch (error) {
  told["the calls that would have followed"] = error.stack;
}
console.log(JSON.stringify({ told, known: known() }));
