// Generated from the relation model of services/identity. Do not edit.
import { Namespace, SubjectSet, Context } from "@ory/keto-namespace-types"

class User implements Namespace {
}

class Site implements Namespace {
  related: {
    "data-access-committee": (User)[]
    "data-holder": (User)[]
    "data-manager": (User)[]
    "identity-officer": (User)[]
    "operator": (User)[]
    "output-checker": (User)[]
    "researcher": (User)[]
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
      this.related["security-office"].includes(ctx.subject),
    "describe": (ctx: Context): boolean =>
      this.related["data-manager"].includes(ctx.subject),
    "enrol": (ctx: Context): boolean =>
      this.related["identity-officer"].includes(ctx.subject),
    "operate": (ctx: Context): boolean =>
      this.related["operator"].includes(ctx.subject),
    "review": (ctx: Context): boolean =>
      this.related["output-checker"].includes(ctx.subject),
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
