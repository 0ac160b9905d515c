// Generated from the relation model of services/identity. Do not edit.
import { Namespace, SubjectSet, Context } from "@ory/keto-namespace-types"

class User implements Namespace {
}

class Site implements Namespace {
  related: {
    "access-committee": (User)[]
    "data-access-committee": (User)[]
    "data-contributor": (User)[]
    "data-holder": (User)[]
    "data-manager": (User)[]
    "data-protection-authority": (User)[]
    "export-group": (User)[]
    "identity-officer": (User)[]
    "membership-feed": (User)[]
    "ministry": (User)[]
    "operator": (User)[]
    "output-checker": (User)[]
    "regional-office": (User)[]
    "release-committee": (User)[]
    "researcher": (User)[]
    "scientific-committee": (User)[]
    "security-office": (User)[]
    "steering-group": (User)[]
  }
  permits = {
    "apply": (ctx: Context): boolean =>
      this.related["researcher"].includes(ctx.subject),
    "decide": (ctx: Context): boolean =>
      this.related["data-access-committee"].includes(ctx.subject) ||
      this.related["steering-group"].includes(ctx.subject) ||
      this.related["data-holder"].includes(ctx.subject) ||
      this.related["security-office"].includes(ctx.subject) ||
      this.related["access-committee"].includes(ctx.subject) ||
      this.related["regional-office"].includes(ctx.subject) ||
      this.related["scientific-committee"].includes(ctx.subject) ||
      this.related["data-protection-authority"].includes(ctx.subject) ||
      this.related["ministry"].includes(ctx.subject) ||
      this.related["data-contributor"].includes(ctx.subject),
    "describe": (ctx: Context): boolean =>
      this.related["data-manager"].includes(ctx.subject),
    "enrol": (ctx: Context): boolean =>
      this.related["identity-officer"].includes(ctx.subject),
    "export": (ctx: Context): boolean =>
      this.related["export-group"].includes(ctx.subject),
    "operate": (ctx: Context): boolean =>
      this.related["operator"].includes(ctx.subject),
    "review": (ctx: Context): boolean =>
      this.related["output-checker"].includes(ctx.subject) ||
      this.related["release-committee"].includes(ctx.subject),
  }
}

class Project implements Namespace {
  related: {
    "members": (User)[]
    "owners": (User)[]
    "site": (Site)[]
  }
  permits = {
    "manage": (ctx: Context): boolean =>
      this.related["owners"].includes(ctx.subject),
    "view": (ctx: Context): boolean =>
      this.related["members"].includes(ctx.subject) ||
      this.related["owners"].includes(ctx.subject) ||
      this.related["site"].traverse((via) => via.permits["decide"](ctx)) ||
      this.related["site"].traverse((via) => via.permits["review"](ctx)),
    "work": (ctx: Context): boolean =>
      this.related["members"].includes(ctx.subject) ||
      this.related["owners"].includes(ctx.subject),
  }
}
