#!/usr/bin/env bash
# What the GitHub Action and the GitLab component run: locks on a robot's branch, says in one comment what a change does in
# the cluster, and tells by a check whether a robot may merge it. It needs bash, git, curl and ichor, and no other program.
#
#   .ci/review.sh lock | compare | comment | check
#
# HOST is `github` or `gitlab`. SPEC is the spec, BASE the revision to compare with, TOKEN may write comments and checks.
set -euo pipefail

SPEC=${SPEC:-ichor.yaml}
OUT=${OUT:-.}
MARK='<!-- ichor review -->'
# GitHub lists this many comments at once, and this many pages are read.
PAGES=30

# A text as JSON writes it. What ichor prints has no other control characters.
quoted() {
  local text=$1
  text=${text//\\/\\\\}; text=${text//\"/\\\"}; text=${text//$'\n'/\\n}; text=${text//$'\r'/\\r}; text=${text//$'\t'/\\t}
  printf '"%s"' "$text"
}

# The token goes in by a file that nobody else sees, never in an argument.
ask() {
  local header
  case $HOST in
    github) header="Authorization: Bearer $TOKEN" ;;
    *) header="PRIVATE-TOKEN: $TOKEN" ;;
  esac
  curl --fail --silent --show-error --max-time 60 --header @<(printf '%s\n' "$header") --header 'Content-Type: application/json' "$@"
}

# The number of our comment: the last one named before the mark that begins a body. Quotes within bodies are escaped, so that
# no body can look like a number.
ours() {
  local address=$1 field=$2 page text found
  for ((page = 1; page <= PAGES; page++)); do
    text=$(ask "$address?per_page=100&page=$page")
    # One word a line: a number, the author, the beginning of a body.
    found=$(printf '%s' "$text" | grep -oE "$field|\"(login|username)\": ?\"[^\"]*\"|\"body\": ?\"[^\"]{0,40}" | {
      id='' mine='' seen='' who=''
      while IFS= read -r word; do
        case $word in
          '"login"'* | '"username"'*)
            who=${word#*:}; who=${who# }; who=${who//\"/}
            if [ -n "$mine" ] && [ "$who" = "$ME" ]; then echo "$mine"; break; fi
            seen=$who ;;
          '"body"'*)
            word=${word#*:}; word=${word# }
            # GitHub names the author before the body, GitLab after it.
            if [[ $word == "\"$MARK"* ]]; then
              if [ "$seen" = "$ME" ]; then echo "$id"; break; fi
              if [ -z "$seen" ]; then mine=$id; fi
            fi ;;
          *) word=${word%%,*}; id=${word##*[!0-9]}; seen='' mine='' ;;
        esac
      done
    } || true)
    if [ -n "$found" ]; then echo "$found"; return; fi
    [[ $text == *'"body"'* ]] || return 0
  done
}

lock() {
  # Only what a robot proposes is written to, and never a branch of somebody else's repository.
  local branch=$1
  ichor lock ${LOCK_FLAGS:-} "$SPEC"
  if git diff --quiet -- . && [ -z "$(git ls-files --others --exclude-standard -- '*lockfiles/*')" ]; then
    echo 'the lock is of this spec already'
    return
  fi
  git add --update -- . && git add -- '*lockfiles/*'
  git -c user.name="${LOCK_NAME:-ichor}" -c user.email="${LOCK_MAIL:-ichor@localhost}" commit --quiet --message "Lock what $branch proposes"
  git push --quiet "${REMOTE:-origin}" "HEAD:refs/heads/$branch"
}

compare() {
  local code=0
  ichor diff "$BASE...HEAD" --spec "$SPEC" --format markdown -o "$OUT/review.md"
  ichor diff "$BASE...HEAD" --spec "$SPEC" --format html -o "$OUT/review.html"
  ichor diff "$BASE...HEAD" --spec "$SPEC" --format json -o "$OUT/review.json"
  ichor diff "$BASE...HEAD" --spec "$SPEC" --routine >/dev/null || code=$?
  case $code in
    0) echo routine >"$OUT/verdict" ;;
    1)
      if grep -qE '"refused": ?[1-9]' "$OUT/review.json"; then echo refused >"$OUT/verdict"; else echo read >"$OUT/verdict"; fi ;;
    *) exit "$code" ;;
  esac
  cat "$OUT/verdict"
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$OUT/review.md" >>"$GITHUB_STEP_SUMMARY"; fi
  if [ -n "${GITHUB_OUTPUT:-}" ]; then
    echo "verdict=$(cat "$OUT/verdict")" >>"$GITHUB_OUTPUT"
    if [ "$(cat "$OUT/verdict")" = routine ]; then echo routine=true; else echo routine=false; fi >>"$GITHUB_OUTPUT"
  fi
}

# Changes our comment where it has an id, else adds one: METHOD COMMENTS ONE-OF-THEM ID.
send() {
  local method=POST address=$2
  if [ -n "$4" ]; then method=$1 address=$3/$4; fi
  ask --request "$method" --data-binary "@$OUT/comment.json" "$address" >/dev/null
}

comment() {
  local body id
  body="{\"body\": $(quoted "$MARK"$'\n'"$(cat "$OUT/review.md")")}"
  printf '%s' "$body" >"$OUT/comment.json"
  case $HOST in
    github)
      ME=${ME:-github-actions[bot]}
      id=$(ours "$API/repos/$REPOSITORY/issues/$PULL/comments" '"url": ?"[^"]*/issues/comments/[0-9]+')
      send PATCH "$API/repos/$REPOSITORY/issues/$PULL/comments" "$API/repos/$REPOSITORY/issues/comments" "$id" ;;
    gitlab)
      ME=${ME:-$(ask "$API/user" | grep -oE '"username": ?"[^"]*"' | head -n 1 | sed 's/.*: *"//; s/"$//')}
      id=$(ours "$API/projects/$PROJECT/merge_requests/$PULL/notes" '"id": ?[0-9]+, ?"(type|body)"')
      local notes=$API/projects/$PROJECT/merge_requests/$PULL/notes
      send PUT "$notes" "$notes" "$id" ;;
  esac
  rm -f "$OUT/comment.json"
}

check() {
  local title conclusion state
  case $(cat "$OUT/verdict") in
    routine) conclusion=success state=success title='routine: a robot may merge it' ;;
    refused) conclusion=failure state=failed title='the API server would refuse a part of it' ;;
    *) conclusion=neutral state=success title='somebody should read it' ;;
  esac
  case $HOST in
    github)
      printf '{"name": "ichor", "head_sha": "%s", "status": "completed", "conclusion": "%s", "output": {"title": %s, "summary": %s}}' \
        "$HEAD" "$conclusion" "$(quoted "$title")" "$(quoted "$(cat "$OUT/review.md")")" >"$OUT/check.json"
      ask --request POST --data-binary "@$OUT/check.json" "$API/repos/$REPOSITORY/check-runs" >/dev/null ;;
    gitlab)
      printf '{"state": "%s", "name": "ichor", "description": %s}' "$state" "$(quoted "$title")" >"$OUT/check.json"
      ask --request POST --data-binary "@$OUT/check.json" "$API/projects/$PROJECT/statuses/$HEAD" >/dev/null ;;
  esac
  rm -f "$OUT/check.json"
}

case ${1:-} in
  lock) lock "$BRANCH" ;;
  compare | comment | check) "$1" ;;
  *) sed -n '2,8p' "$0"; exit 2 ;;
esac
