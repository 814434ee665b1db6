import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readNpmOptions } from "./npmrc.js";

let folder: string;
let home: string;
let project: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-npmrc-"));
  home = join(folder, "home");
  project = join(folder, "project");
  await mkdir(home);
  await mkdir(join(project, "deep", "inside"), { recursive: true });
  await mkdir(join(folder, "etc"));
  await writeFile(join(project, "package.json"), "{}");
  env = { npm_config_prefix: folder };
});
afterEach(() => rm(folder, { recursive: true }));

const read = () => readNpmOptions({ cwd: join(project, "deep", "inside"), env, home });

describe("readNpmOptions", () => {
  it("puts the project before the user, the user before the machine, and the environment before all", async () => {
    await writeFile(
      join(folder, "etc", "npmrc"),
      "registry=http://machine/\nproxy=http://machine-proxy\nca=x",
    );
    await writeFile(join(home, ".npmrc"), "registry=http://user/\nproxy=http://user-proxy");
    await writeFile(join(project, ".npmrc"), "registry=http://project/");
    expect(read()).toMatchObject({ registry: "http://project/", proxy: "http://user-proxy", ca: "x" });
    env.NPM_CONFIG_REGISTRY = "http://environment/";
    expect(read()).toMatchObject({ registry: "http://environment/" });
  });

  it("reads credentials and scopes, with comments, quotes and variables", async () => {
    env.TOKEN = "s3cret";
    const variable = (name: string) => `\${${name}}`;
    await writeFile(
      join(home, ".npmrc"),
      [
        "; a comment",
        "# another",
        "[section]",
        `//host.example/npm/:_authToken = ${variable("TOKEN")}`,
        '//quoted.example/:_password = "a;b#c="',
        "//plain.example/:_auth=abc==  ; the rest is a comment",
        `//unset.example/:_authToken=${variable("NO_SUCH_VARIABLE")}`,
        `//optional.example/:_authToken=${variable("NO_SUCH_VARIABLE?")}`,
        "@scope:registry=https://host.example/npm/",
        "strict-ssl=false",
        "https-proxy=http://proxy:3128",
        "noproxy=localhost",
        "fetch-timeout=1234",
        "_authToken=for-all-registries",
        "audit=false",
      ].join("\r\n"),
    );
    expect(read()).toEqual({
      "//host.example/npm/:_authToken": "s3cret",
      "//quoted.example/:_password": "a;b#c=",
      "//plain.example/:_auth": "abc==",
      "//unset.example/:_authToken": variable("NO_SUCH_VARIABLE"),
      "@scope:registry": "https://host.example/npm/",
      strictSSL: false,
      httpsProxy: "http://proxy:3128",
      noProxy: "localhost",
      timeout: 1234,
    });
  });

  it("reads certificates from a file and from a list", async () => {
    const certificate = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
    await writeFile(join(home, "ca.pem"), `${certificate("one")}\n# note\n${certificate("two")}\n`);
    await writeFile(join(home, ".npmrc"), "cafile=~/ca.pem");
    expect(read()).toEqual({ ca: [certificate("one"), certificate("two")] });
    await writeFile(join(home, ".npmrc"), 'ca[]="one"\nca[]="two"');
    expect(read()).toEqual({ ca: ["one", "two"] });
  });

  it("takes the user's file from the environment, and no files at all in its stride", async () => {
    expect(read()).toEqual({});
    await writeFile(join(folder, "other"), "registry=http://other/");
    env.npm_config_userconfig = join(folder, "other");
    expect(read()).toEqual({ registry: "http://other/" });
  });
});
