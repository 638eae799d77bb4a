{{- define "common.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ printf "%s-%s" .root.Values.common.prefix .root.Release.Name | trunc 63 | trimSuffix "-" }}
  labels: {{- include "common.labels" (merge (dict "who" (include "who" .root)) .extra) | nindent 4 }}
spec:
  replicas: {{ .root.Values.replicas | int }}
{{- end -}}
{{- define "common.labels" -}}
{{ range $k, $v := . }}{{ $k }}: {{ $v | quote }}
{{ end }}
{{- end -}}
{{ define "who" }}library{{ end }}