import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Where npm's settings are read from; the process's own, if left out. */
export interface NpmSurroundings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly home?: string;
}

type Settings = Record<string, string | string[]>;

/**
 * What npm would be told about registries, credentials, certificates and proxies, as options of npm's own
 * libraries: from the global, the user's and the project's `.npmrc`, and `npm_config_*` variables, the later before
 * the earlier. Of npm's many settings only those that a download needs are given.
 */
export function readNpmOptions(surroundings: NpmSurroundings = {}): Record<string, unknown> {
  const { cwd = process.cwd(), env = process.env, home = homedir() } = surroundings;
  const fromEnvironment = readEnvironment(env);
  const userPath = single(fromEnvironment.userconfig) ?? join(home, ".npmrc");
  const user = readNpmrc(expandHome(userPath, home), env);
  const prefix = single(fromEnvironment.prefix) ?? single(user.prefix) ?? nodePrefix();
  const globalPath =
    single(fromEnvironment.globalconfig) ?? single(user.globalconfig) ?? join(prefix, "etc", "npmrc");
  const projectPath = join(projectFolder(cwd), ".npmrc");
  const project = projectPath === resolve(userPath) ? {} : readNpmrc(projectPath, env);
  const settings: Settings = {
    ...readNpmrc(expandHome(globalPath, home), env),
    ...user,
    ...project,
    ...fromEnvironment,
  };
  return toOptions(settings, home);
}

function toOptions(settings: Settings, home: string): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const copies: Record<string, string> = {
    registry: "registry",
    proxy: "proxy",
    "https-proxy": "httpsProxy",
    noproxy: "noProxy",
    ca: "ca",
    cert: "cert",
    key: "key",
    "local-address": "localAddress",
    "replace-registry-host": "replaceRegistryHost",
  };
  for (const [key, value] of Object.entries(settings)) {
    if (value === "null" || value === "") continue;
    // Credentials are kept under their registry's address, and never for all registries.
    if (key.startsWith("//") || /^@[^:]+:registry$/.test(key)) options[key] = value;
    const name = copies[key];
    if (name) options[name] = value;
  }
  if (settings["strict-ssl"] !== undefined) options.strictSSL = settings["strict-ssl"] !== "false";
  const timeout = Number(single(settings["fetch-timeout"]));
  if (timeout > 0) options.timeout = timeout;
  const cafile = single(settings.cafile);
  if (cafile && options.ca === undefined) options.ca = readCertificates(expandHome(cafile, home));
  return options;
}

/** Settings of one file; none if it cannot be read. */
function readNpmrc(path: string, env: NodeJS.ProcessEnv): Settings {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return {};
  }
  const settings: Settings = {};
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === "" || /^[;#[]/.test(trimmed)) continue;
    const equals = trimmed.indexOf("=");
    const rawKey = equals < 0 ? trimmed : trimmed.slice(0, equals).trim();
    const value = equals < 0 ? "true" : expandVariables(unquote(trimmed.slice(equals + 1).trim()), env);
    const key = expandVariables(unquote(rawKey), env);
    if (key.endsWith("[]")) {
      const list = settings[key.slice(0, -2)];
      settings[key.slice(0, -2)] = [...(Array.isArray(list) ? list : []), value];
    } else {
      settings[key] = value;
    }
  }
  return settings;
}

function readEnvironment(env: NodeJS.ProcessEnv): Settings {
  const settings: Settings = {};
  for (const [name, value] of Object.entries(env)) {
    if (!/^npm_config_/i.test(name) || !value) continue;
    const key = name.slice("npm_config_".length);
    settings[key.startsWith("//") ? key : key.replace(/(?!^)_/g, "-").toLowerCase()] = value;
  }
  return settings;
}

/** A value without its quotes, or up to a comment, which a backslash before its sign prevents. */
function unquote(value: string): string {
  if (/^".*"$/.test(value)) {
    try {
      return String(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (/^'.*'$/.test(value)) return value.slice(1, -1);
  return value
    .replace(/(?<!\\)[;#].*$/, "")
    .replace(/\\([;#\\])/g, "$1")
    .trim();
}

/** `${NAME}` stays as it is if there is no such variable, and `${NAME?}` becomes nothing, as in npm. */
function expandVariables(value: string, env: NodeJS.ProcessEnv): string {
  return value.replace(
    /\$\{([^}?]+)(\?)?\}/g,
    (whole, name: string, optional) => env[name] ?? (optional ? "" : whole),
  );
}

/** The nearest folder above that npm takes for a project. */
function projectFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json")) || existsSync(join(folder, "node_modules"))) return folder;
    if (folder === dirname(folder)) return resolve(cwd);
  }
}

function nodePrefix(): string {
  const folder = dirname(process.execPath);
  return process.platform === "win32" ? folder : dirname(folder);
}

function readCertificates(path: string): string[] | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? undefined;
  } catch {
    return undefined;
  }
}

function expandHome(path: string, home: string): string {
  return resolve(path.replace(/^~(?=[/\\])/, () => home));
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.at(-1) : value;
}
