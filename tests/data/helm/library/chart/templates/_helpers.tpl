{{- define "who" -}}app{{- end -}}
{{ define "last" }}first file{{ end }}
