{{ define "h" }}
x
{{ end }}